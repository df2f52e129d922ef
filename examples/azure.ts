// Do functions of Azure take bandwidth from each other? What must exist first: docs/azure.md.
// NETFAIR_TARGET is the line that `netfair serve --host 0.0.0.0` prints, with an address that functions reach.
// Run it: npx netfair run examples/azure.ts, or node examples/azure.ts
import { analyze, defineExperiment, iperf3, reportJson, run, type Target } from 'netfair'
import { azure } from 'netfair/azure'

const {
  AZURE_SUBSCRIPTION_ID = '',
  AZURE_RESOURCE_GROUP = '',
  AZURE_LOCATION = 'eastus',
  AZURE_STORAGE_ACCOUNT = '',
  AZURE_IDENTITY: identity,
  NETFAIR_TARGET = '{}',
} = process.env

const experiment = defineExperiment({
  provider: azure({
    subscriptionId: AZURE_SUBSCRIPTION_ID,
    resourceGroup: AZURE_RESOURCE_GROUP,
    location: AZURE_LOCATION,
    storageAccount: AZURE_STORAGE_ACCOUNT,
    ...(identity && { identity }),
  }),
  probe: iperf3({ seconds: 1 }),
  memoryMb: [2048],
  concurrency: [1, 2, 4, 8],
  repetitions: 3,
  seed: 1,
  target: JSON.parse(NETFAIR_TARGET) as Target,
})

export default experiment

if (import.meta.filename === process.argv[1]) console.log(reportJson(await analyze(await run(experiment))))
