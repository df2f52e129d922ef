import type { BillingRule, Price, PriceBook } from './price-book.ts'

const lambda = { provider: 'aws', plan: 'lambda' }
/** AWS's pages show US East; a power-tuning template that lists every region of another x86 price lists none of these. */
const awsRegions = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
]
/** Storage beside a function costs more elsewhere (eu-west-2: 0.0000000358). */
const awsUsEast = ['us-east-1', 'us-east-2']
const awsPage = 'aws.amazon.com/lambda/pricing (copies); regions: alexcasalboni/aws-lambda-power-tuning, template.yml'

const awsPrices: readonly Price[] = [
  {
    ...lambda,
    regions: awsRegions,
    architecture: 'x86_64',
    meter: 'compute GB-s',
    usd: 0.0000166667,
    source: `${awsPage}; us-east-2 by a cost page that used AWS's price catalogue`,
    date: '2026-08-21',
  },
  {
    ...lambda,
    regions: awsRegions,
    architecture: 'arm64',
    meter: 'compute GB-s',
    usd: 0.0000133334,
    source: `${awsPage}; eu-central-1 by a project's copy of the region's price list`,
    date: '2026-09-11',
  },
  { ...lambda, regions: awsRegions, meter: 'requests', usd: 0.2e-6, source: awsPage, date: '2026-09-11' },
  {
    ...lambda,
    regions: awsUsEast,
    meter: 'ephemeral storage GB-s',
    usd: 0.0000000309,
    source: "a cost page that used AWS's us-east-2 price catalogue",
    date: '2026-08-21',
  },
  {
    ...lambda,
    regions: awsRegions,
    meter: 'egress GB',
    usd: 0.09,
    source: 'aws.amazon.com/ec2/pricing/on-demand, first 10 TB a month, by a comparison of 2026-07-12 (hbmartin)',
    date: '2026-07-12',
    unverified: true,
  },
  {
    ...lambda,
    regions: awsUsEast,
    meter: 'storage reads',
    usd: 0.4e-6,
    source: 'S3 GET, from memory',
    date: '2026-11-22',
    unverified: true,
  },
  {
    ...lambda,
    regions: awsUsEast,
    meter: 'storage writes',
    usd: 5e-6,
    source: 'S3 PUT, from memory',
    date: '2026-11-22',
    unverified: true,
  },
]

const gen1 = { provider: 'gcp', plan: 'gen1' }
const gen2 = { provider: 'gcp', plan: 'gen2' }
/** Of tier 1 in the price lists of Cloud Functions and of Cloud Run. */
const googleRegions = ['us-central1', 'us-east1', 'us-east4', 'us-west1', 'europe-west1']
const gen1Page = 'cloud.google.com/functions/pricing (archived), confirmed by modal.com of 2024-09-25'
const runPage = 'cloud.google.com/run/pricing (copies), tier 1, CPU only while a request is served'
const googleEgress = { meter: 'egress GB', usd: 0.12, regions: googleRegions, date: '2024-09-25' } as const
const googleReads = { meter: 'storage reads', usd: 0.4e-6, regions: googleRegions, date: '2026-11-22', unverified: true } as const
const readsSource = 'Cloud Storage, 0.004 per 10,000, by a Firebase cost script'
/** Class A and B of standard storage in us-east1; that they cost the same in the other regions is from memory. */
const googleWrites = { meter: 'storage writes', usd: 5e-6, regions: googleRegions, date: '2026-11-22', unverified: true } as const
const writesSource = 'cloud.google.com/storage/pricing-examples: class A, 0.005 per 1,000 in us-east1'

const googlePrices: readonly Price[] = [
  { ...gen1, regions: googleRegions, meter: 'compute GB-s', usd: 0.0000025, source: gen1Page, date: '2024-09-25' },
  { ...gen1, regions: googleRegions, meter: 'CPU GHz-s', usd: 0.00001, source: gen1Page, date: '2024-09-25' },
  { ...gen1, regions: googleRegions, meter: 'requests', usd: 0.4e-6, source: gen1Page, date: '2024-09-25' },
  { ...gen1, ...googleEgress, source: gen1Page },
  { ...gen1, ...googleReads, source: readsSource },
  { ...gen1, ...googleWrites, source: writesSource },
  { ...gen2, regions: googleRegions, meter: 'compute GB-s', usd: 0.0000025, source: `${runPage}, per GiB-s`, date: '2025-01-01' },
  { ...gen2, regions: googleRegions, meter: 'CPU vCPU-s', usd: 0.000024, source: runPage, date: '2025-01-01' },
  { ...gen2, regions: googleRegions, meter: 'requests', usd: 0.4e-6, source: runPage, date: '2025-01-01' },
  { ...gen2, ...googleEgress, source: 'cloud.google.com/vpc/network-pricing, premium tier, by modal.com' },
  { ...gen2, ...googleReads, source: readsSource },
  { ...gen2, ...googleWrites, source: writesSource },
]

const consumption = { provider: 'azure', plan: 'consumption' }
const flex = { provider: 'azure', plan: 'flex-consumption' }
/** The page of prices shows this region; others differ. */
const azureRegions = ['eastus']
const azurePage = 'azure.microsoft.com/pricing/details/functions (copy), East US; modal.com of 2025-05-22'
const azureEgress = { meter: 'egress GB', usd: 0.087, regions: azureRegions, date: '2026-07-12', unverified: true } as const
const azureEgressSource = "hbmartin's comparison of hosts"
const azureOperation = {
  regions: azureRegions,
  date: '2026-11-22',
  unverified: true,
  source: 'Blob storage, hot tier, LRS, by 10,000 operations, from memory',
} as const
const azureReads = { ...azureOperation, meter: 'storage reads', usd: 0.4e-6 } as const
const azureWrites = { ...azureOperation, meter: 'storage writes', usd: 5e-6 } as const

const azurePrices: readonly Price[] = [
  { ...consumption, regions: azureRegions, meter: 'compute GB-s', usd: 0.000016, source: azurePage, date: '2025-05-22' },
  { ...consumption, regions: azureRegions, meter: 'requests', usd: 0.2e-6, source: azurePage, date: '2025-05-22' },
  { ...consumption, ...azureEgress, source: azureEgressSource },
  { ...consumption, ...azureReads },
  { ...consumption, ...azureWrites },
  { ...flex, regions: azureRegions, meter: 'compute GB-s', usd: 0.000026, source: `${azurePage}, on demand`, date: '2025-05-22' },
  { ...flex, regions: azureRegions, meter: 'requests', usd: 0.4e-6, source: azurePage, date: '2025-05-22' },
  { ...flex, ...azureEgress, source: azureEgressSource },
  { ...flex, ...azureReads },
  { ...flex, ...azureWrites },
]

const GiB = 2 ** 30

const rules: readonly BillingRule[] = [
  {
    ...lambda,
    usual: true,
    time: { minimumMs: 0, stepMs: 1 },
    startBilled: true,
    memory: { from: 128, to: 10_240 },
    egressGBBytes: GiB,
    publishedBitsPerSecond: 625e6,
    source:
      'aws.amazon.com/lambda/pricing; aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase (since 2025-08-01); network: aws.amazon.com/about-aws/whats-new/2026/08/aws-lambda-network-bandwidth',
    date: '2026-08-06',
  },
  {
    ...gen1,
    time: { minimumMs: 0, stepMs: 100 },
    startBilled: false,
    memory: {
      sizes: [
        { memoryMb: 128, ghz: 0.2 },
        { memoryMb: 256, ghz: 0.4 },
        { memoryMb: 512, ghz: 0.8 },
        { memoryMb: 1024, ghz: 1.4 },
        { memoryMb: 2048, ghz: 2.4 },
        { memoryMb: 4096, ghz: 4.8 },
        { memoryMb: 8192, ghz: 4.8 },
      ],
    },
    egressGBBytes: GiB,
    source: 'cloud.google.com/functions/pricing: from the time the function receives a request to the time it completes',
    date: '2021-01-10',
  },
  {
    ...gen2,
    usual: true,
    time: { minimumMs: 0, stepMs: 100 },
    startBilled: true,
    memory: {
      sizes: [
        { memoryMb: 128, vcpus: 0.083 },
        { memoryMb: 256, vcpus: 0.167 },
        { memoryMb: 512, vcpus: 0.333 },
        { memoryMb: 1024, vcpus: 0.583 },
        { memoryMb: 2048, vcpus: 1 },
        { memoryMb: 4096, vcpus: 2 },
        { memoryMb: 8192, vcpus: 2 },
        { memoryMb: 16_384, vcpus: 4 },
        { memoryMb: 32_768, vcpus: 8 },
      ],
    },
    egressGBBytes: GiB,
    publishedBitsPerSecond: 1e9,
    source:
      'cloud.google.com/run/pricing; cloud.google.com/functions/docs/configuring/memory; network: run/docs/configuring/vpc-direct-vpc',
    date: '2025-01-01',
  },
  {
    ...consumption,
    time: { minimumMs: 100, stepMs: 1 },
    startBilled: false,
    memory: { observed: { minimumMb: 128, stepMb: 128, maximumMb: 1536 } },
    egressGBBytes: 1e9,
    source: 'MicrosoftDocs/azure-docs, functions-consumption-costs.md; the minimum of 100 ms: unverified',
    date: '2024-11-05',
  },
  {
    ...flex,
    usual: true,
    time: { minimumMs: 1000, stepMs: 100 },
    perActivePeriod: true,
    startBilled: false,
    memory: { sizes: [{ memoryMb: 512 }, { memoryMb: 2048 }, { memoryMb: 4096 }] },
    egressGBBytes: 1e9,
    source:
      'MicrosoftDocs/azure-docs, functions-consumption-costs.md and flex-consumption-plan.md; how the minimum treats overlapping calls is open (learn.microsoft.com/answers/a/12389275): taken per active period',
    date: '2024-11-05',
  },
]

export const prices2026November: PriceBook = {
  version: '2026-11',
  date: '2026-11-22',
  prices: [...awsPrices, ...googlePrices, ...azurePrices],
  rules,
}
