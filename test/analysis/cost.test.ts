import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { renderReport } from '../../src/report/table.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'

const usual: SyntheticOptions = {
  provider: { name: 'aws', region: 'us-east-1' },
  priceBook: { version: '2026-11', date: '2026-11-22' },
  quote: { usd: 0.0025 },
  memoryMb: [2048],
  concurrency: [1, 4],
  rounds: 6,
  billedMs: 2345,
  intervals: false,
}
const report = (options: SyntheticOptions, change: (journal: Journal) => Journal = (journal) => journal): Report =>
  analyzeJournal(change(syntheticJournal({ ...usual, ...options })), { resamples: 200 })

function expectExact(got: number | null | undefined, wanted: number): void {
  expect(Math.abs((got ?? Number.NaN) / wanted - 1)).toBeLessThanOrEqual(1e-12)
}

const compute = 30 * 2.345 * 2 * 0.0000166667
const fees = 30 * 0.0000002

test('the final cost by billed time stands beside the quote, in report and table', () => {
  const { cost, warnings } = report({})
  expect(cost).toMatchObject({ quotedUsd: 0.0025, priceBook: { version: '2026-11', date: '2026-11-22' } })
  expect(cost?.items.map(({ meter }) => meter)).toEqual(['compute GB-s', 'requests'])
  expectExact(cost?.items[0]?.usd, compute)
  expectExact(cost?.finalUsd, compute + fees)
  expect(warnings).toEqual([])
  expect(renderReport(report({}))).toMatch(
    /Cost\n {2}It cost 0\.002351 USD, quoted at 0\.002500 USD \(−6\.0 %\), by the prices of 2026-11-22\./,
  )
})

test('arm64 is cheaper; both directions of an invocation are billed once, and what it sends is egress', () => {
  expectExact(
    report({ provider: { name: 'aws', region: 'us-east-1', architecture: 'arm64' } }).cost?.finalUsd,
    30 * (2.345 * 2 * 0.0000133334 + 0.0000002),
  )
  const both = report({ direction: 'both' })
  expectExact(both.cost?.items.find(({ meter }) => meter === 'compute GB-s')?.usd, compute)
  expectExact(both.cost?.items.find(({ meter }) => meter === 'requests')?.usd, fees)
  const sent = syntheticJournal({ ...usual, direction: 'both' }).samples.reduce(
    (sum, { direction, bytes = 0 }) => sum + (direction === 'upload' ? bytes : 0),
    0,
  )
  expectExact(both.cost?.items.find(({ meter }) => meter === 'egress GB')?.usd, (sent / 2 ** 30) * 0.09)
})

test('Flex: 2,345 ms are 2,400; Consumption: the observed memory', () => {
  const flex = report({ provider: { name: 'azure', variant: 'flex-consumption', region: 'eastus' } })
  expectExact(flex.cost?.finalUsd, 30 * (2.4 * 2 * 0.000026 + 0.0000004))
  const observed = report({ provider: { name: 'azure', variant: 'consumption', region: 'eastus' } }, (journal) => ({
    ...journal,
    samples: journal.samples.map((sample) => ({ ...sample, memoryUsedMb: 160 })),
  }))
  expectExact(observed.cost?.finalUsd, 30 * (2.345 * 0.25 * 0.000016 + 0.0000002))
})

test('the measuring side, where it has prices', () => {
  const { cost } = report({ quote: { usd: 1, targets: 2, targetUsdPerHour: 1.8, targetUsdPerGB: 0.09 } })
  const { experiment, end, samples } = syntheticJournal(usual)
  const hours = (2 * (Date.parse(end?.completedAt ?? '') - Date.parse(experiment.createdAt))) / 3_600_000
  expectExact(cost?.items.find(({ meter }) => meter === 'target machine h')?.usd, hours * 1.8)
  const bytes = samples.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)
  expectExact(cost?.items.find(({ meter }) => meter === 'target egress GB')?.usd, (bytes / 1e9) * 0.09)
})

test('repeated rounds are billed too', () => {
  const { cost } = report({}, (journal) => ({ ...journal, superseded: journal.samples }))
  // A repeated attempt has another number; the same one is the same invocation.
  expectExact(cost?.finalUsd, compute + fees)
  const again = report({}, (journal) => ({ ...journal, superseded: journal.samples.map((sample) => ({ ...sample, attempt: 1 })) }))
  expectExact(again.cost?.finalUsd, 2 * (compute + fees))
})

test('no price, no cost: null, never 0 and never a guess', () => {
  const { priceBook: _, quote: __, billedMs: ___, ...local } = usual
  expect(analyzeJournal(syntheticJournal({ ...local, provider: { name: 'local' } }), { resamples: 200 }).cost).toBeNull()
  expect(renderReport(analyzeJournal(syntheticJournal(local), { resamples: 200 }))).not.toMatch(/Cost/)
})

test('functions that are billed, and no prices in the journal: the report says so', () => {
  const { priceBook: _, quote: __, ...without } = usual
  const { cost, warnings } = analyzeJournal(syntheticJournal(without), { resamples: 200 })
  expect(cost).toBeNull()
  expect(warnings).toEqual([{ code: 'cost', message: expect.stringContaining('no prices of aws in us-east-1 were known') }])
})

test.each<readonly [string, SyntheticOptions, RegExp]>([
  ['a region without price', { provider: { name: 'aws', region: 'mars-north-1' } }, /no price for .* in mars-north-1/],
  ['a size without price', { provider: { name: 'azure', region: 'eastus' }, memoryMb: [300] }, /no price for 300 MB/],
  ['a book of another version', { priceBook: { version: '2031-02', date: '2031-02-01' } }, /2031-02, which this version .* does not have/],
])('%s: the quote stays, the cost is not known, and the report says why', (_, options, message) => {
  const { cost, warnings } = report(options)
  expect(cost).toMatchObject({ quotedUsd: 0.0025, finalUsd: null, items: [] })
  expect(warnings).toEqual([{ code: 'cost', message: expect.stringMatching(message) }])
})

test('an invocation that the platform did not start is in no bill', () => {
  const throttled = report({}, (journal) => ({
    ...journal,
    samples: journal.samples.map((sample, index) => ({
      ...sample,
      billedMs: index === 0 ? 0 : (sample.billedMs ?? 0),
    })) as Journal['samples'],
  }))
  expectExact(throttled.cost?.finalUsd, (compute + fees) * (29 / 30))
  expect(throttled.warnings).toEqual([])
})

test('unknown times: at least so much; times by the function itself; prices of last year', () => {
  const lost = report({}, (journal) => ({
    ...journal,
    samples: journal.samples.map(({ billedMs, ...sample }, index) =>
      index === 0 ? sample : { ...sample, billedMs: billedMs ?? 0 },
    ) as Journal['samples'],
  }))
  expectExact(lost.cost?.finalUsd, (compute + fees) * (29 / 30))
  expect(lost.warnings).toEqual([
    { code: 'cost', message: expect.stringMatching(/billed time of 1 of 30 invocations is unknown: .* at least/) },
  ])
  const own = report({ provider: { name: 'gcp', variant: 'gen2', region: 'europe-west1' } }, (journal) => ({
    ...journal,
    samples: journal.samples.map(({ billedMs: _, ...sample }) => ({ ...sample, durationMs: 2301.5 })),
  }))
  expectExact(own.cost?.finalUsd, 30 * (2.4 * (0.000024 + 2 * 0.0000025) + 0.0000004))
  expect(own.warnings).toEqual([{ code: 'cost', message: expect.stringMatching(/did not tell the billed time of 30 of 30/) }])
  const started = report({ provider: { name: 'gcp', variant: 'gen2', region: 'europe-west1' } }, (journal) => ({
    ...journal,
    samples: journal.samples.map(({ billedMs: _, ...sample }) => ({ ...sample, durationMs: 2301.5, initMs: 300 })),
  }))
  expectExact(started.cost?.finalUsd, 30 * (2.7 * (0.000024 + 2 * 0.0000025) + 0.0000004))
  const old = report({}, (journal) => ({ ...journal, experiment: { ...journal.experiment, createdAt: '2027-11-22T00:00:00.000Z' } }))
  expect(old.warnings).toEqual([{ code: 'old-prices', message: expect.stringMatching(/365 days old/) }])
})
