import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { Direction, ExperimentRecord, Sample } from '../../src/model/journal-record.ts'
import type { CostFinding } from '../../src/model/report.ts'
import { syntheticJournal } from '../../src/testing/index.ts'

const bytes = 5e6

/** Two functions, three rounds, 7 requests each: 42 in all. */
function costOf(store: object | undefined, { region = 'us-east-1', direction = 'download' as Direction, provider = 'aws' } = {}) {
  const synthetic = syntheticJournal({
    provider: { name: provider, region },
    priceBook: { version: '2026-11', date: '2026-11-22' },
    memoryMb: [512],
    concurrency: [2],
    rounds: 3,
    billedMs: 1000,
    direction,
  })
  const experiment: ExperimentRecord = {
    ...synthetic.experiment,
    probe: { name: `object-${direction}`, version: '1', params: { ...(store !== undefined && { store }) } },
  }
  const samples = synthetic.samples.map((sample): Sample => ({ ...sample, bytes, values: { requests: 7 } }))
  const { cost, warnings } = analyzeJournal({ ...synthetic, experiment, samples }, { resamples: 20 })
  return { cost, warnings: warnings.filter(({ code }) => code === 'cost').map(({ message }) => message) }
}
const quantity = (cost: CostFinding | null, meter: string): number | undefined => cost?.items.find((item) => item.meter === meter)?.quantity

const bucket = { store: 's3', bucket: 'data', region: 'us-east-1' }

test('requests to the store of the same cloud are billed; bytes in the same region are not', () => {
  const down = costOf(bucket)
  expect(quantity(down.cost, 'storage reads')).toBe(42)
  expect(quantity(down.cost, 'storage writes')).toBeUndefined()
  const up = costOf(bucket, { direction: 'upload' })
  expect(quantity(up.cost, 'storage writes')).toBe(42)
  expect(quantity(up.cost, 'egress GB')).toBeUndefined()
  expect([...down.warnings, ...up.warnings]).toEqual([])
})

test('gcs and azure-blob are billed by their own cloud', () => {
  expect(quantity(costOf({ store: 'gcs', bucket: 'data' }, { provider: 'gcp', region: 'us-central1' }).cost, 'storage reads')).toBe(42)
  const azure = costOf({ store: 'azure-blob', bucket: 'data', account: 'a' }, { provider: 'azure', region: 'eastus', direction: 'upload' })
  expect(quantity(azure.cost, 'storage writes')).toBe(42)
})

test('what goes to another region leaves the cloud', () => {
  const { cost, warnings } = costOf({ ...bucket, region: 'us-west-2' }, { direction: 'upload' })
  expect(quantity(cost, 'egress GB')).toBeCloseTo((6 * bytes) / 2 ** 30, 9)
  expect(warnings).toEqual(['The store is in another region: what it sends is not in the cost.'])
})

test.each([
  ['of another provider', { store: 'gcs', bucket: 'data' }],
  ['at an endpoint of its own', { ...bucket, endpoint: 'http://10.0.0.1:9000' }],
])('a store %s is on another bill', (_, store) => {
  const { cost, warnings } = costOf(store, { direction: 'upload' })
  expect(quantity(cost, 'storage writes')).toBeUndefined()
  expect(quantity(cost, 'egress GB')).toBeGreaterThan(0)
  expect(warnings).toEqual([expect.stringContaining('another provider')])
})

test('a region without a price for requests: the rest is priced, and that is said', () => {
  const { cost, warnings } = costOf({ ...bucket, region: 'eu-west-3' }, { region: 'eu-west-3' })
  expect(cost?.finalUsd).toBeGreaterThan(0)
  expect(warnings).toEqual([expect.stringContaining('Requests to the store are not in the cost')])
})

test('without a store nothing changes', () => {
  const { cost } = costOf(undefined, { direction: 'upload' })
  expect(quantity(cost, 'storage writes')).toBeUndefined()
  expect(quantity(cost, 'egress GB')).toBeGreaterThan(0)
})
