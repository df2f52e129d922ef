import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { Platform } from '../../src/model/platform.ts'
import type { Probe } from '../../src/model/probe.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import { renderPlan } from '../../src/report/plan.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { type Plan, plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { refuseOverBudget } from '../../src/run/usd-budget.ts'
import { azureBlob, s3 } from '../../src/storage/locations.ts'
import { syntheticJournal } from '../../src/testing/index.ts'
import { undeployable } from './fake-provider.ts'

const target = { iperf3: 'target.example:5201', http: 'https://target.example' }
const lambda: Platform = { name: 'aws', region: 'us-east-1' }

/** A provider whose functions are billed; where nothing is deployed. */
function experimentOn(platform: Platform | undefined, options: Partial<ExperimentOptions> = {}) {
  const { targetPlace: _, ...provider } = undeployable({ name: platform?.name ?? 'local' })
  return defineExperiment({
    provider: { ...provider, ...(platform !== undefined && { billedAs: platform }) },
    probe: iperf3({ seconds: 2 }),
    memoryMb: [2048],
    concurrency: [1, 4],
    repetitions: 3,
    target,
    ...options,
  })
}

const planOn = (platform: Platform | undefined, options: Partial<ExperimentOptions> = {}): Plan => plan(experimentOn(platform, options))
const usdOf = ({ quote }: Plan, meter: string): number | undefined => quote?.items.find((item) => item.meter === meter)?.usd

function expectExact(got: number | undefined, wanted: number): void {
  expect(Math.abs((got ?? Number.NaN) / wanted - 1)).toBeLessThanOrEqual(1e-12)
}

test('by hand: 15 invocations of 2.3 s on Lambda, and 200 ms for each that waits for new instances', () => {
  // Seed 1 decides whether the round of 1 comes before the round of 4: only then it waits for an instance of its own.
  const planned = planOn(lambda)
  const waiting = planned.rounds[0]?.concurrency === 1 ? 5 : 4
  expectExact(usdOf(planned, 'compute GB-s'), (15 * 2.3 + waiting * 0.2) * 2 * 0.0000166667)
  expectExact(usdOf(planned, 'requests'), 15 * 0.0000002)
  expectExact(planned.quote?.usd, (15 * 2.3 + waiting * 0.2) * 2 * 0.0000166667 + 15 * 0.0000002)
  expect(planned.quote).toMatchObject({ leastUsd: planned.quote?.usd, priceBook: { version: '2026-11', date: '2026-11-22' } })
})

test('what the start of an instance takes can be said', () => {
  const planned = planOn(lambda, { concurrency: [4], quote: { startMs: 1500 } })
  expectExact(usdOf(planned, 'compute GB-s'), (12 * 2.3 + 4 * 1.5) * 2 * 0.0000166667)
  expect(planned.quote?.assumptions[0]).toContain('1500 ms more where new instances start')
})

test('what functions send is egress, at the published rate or the given one', () => {
  const upload = { direction: ['upload'], concurrency: [4] } as const
  expectExact(usdOf(planOn(lambda, upload), 'egress GB'), ((12 * 2 * 625e6) / 8 / 2 ** 30) * 0.09)
  expectExact(usdOf(planOn(lambda, { ...upload, quote: { bitsPerSecond: 80e6 } }), 'egress GB'), ((12 * 2 * 10e6) / 2 ** 30) * 0.09)
  expect(usdOf(planOn(lambda), 'egress GB')).toBeUndefined()
})

test('no rate is made up where none is published', () => {
  const flex: Platform = { name: 'azure', region: 'eastus' }
  const { quote, unpriced } = planOn(flex, { direction: ['both'] })
  expect(quote).toBeNull()
  expect(unpriced).toMatchObject({ code: 'PRICE_UNKNOWN', message: expect.stringMatching(/no network rate of flex-consumption/) })
  expect(unpriced?.hint).toMatch(/bitsPerSecond/)
  const given = planOn(flex, { direction: ['both'], quote: { bitsPerSecond: 400e6 } })
  expectExact(usdOf(given, 'egress GB'), 15 * 2 * 0.05 * 0.087)
})

test("the target's machine and what it sends, if asked", () => {
  const planned = planOn(lambda, { quote: { targetUsdPerHour: 3.6, targetUsdPerGB: 0.09, bitsPerSecond: 80e6 } })
  expectExact(usdOf(planned, 'target machine h'), planned.expectedMs * 1e-6)
  expectExact(usdOf(planned, 'target egress GB'), 15 * 2 * 0.01 * 0.09)
})

describe('objects of a store', () => {
  const store = s3({ bucket: 'data', region: 'us-east-1' })
  const [chunkBytes, GiB] = [20e6, 2 ** 30]
  const work = { chunks: 12, chunkBytes }
  /** 3 rounds of 12 chunks with 1 function, and with 4. */
  const moved = 3 * 2 * 12
  const worked = (probe: Probe, options: Partial<ExperimentOptions> = {}): Plan =>
    planOn(lambda, { probe, work, direction: probe.directions ?? [], ...options })
  const download = (options: Partial<Parameters<typeof objectDownload>[0]> = {}) => objectDownload({ store, chunkBytes, ...options })
  const upload = (options: Partial<Parameters<typeof objectUpload>[0]> = {}) => objectUpload({ store, chunkBytes, ...options })

  test.each(['pull', 'one-per-invocation'] as const)('a fixed work, %s: each chunk one request, in the same region no egress', (mode) => {
    const [down, up] = [worked(download(), { work: { ...work, mode } }), worked(upload(), { work: { ...work, mode } })]
    expectExact(usdOf(down, 'storage reads'), moved * 0.4e-6)
    expectExact(usdOf(up, 'storage writes'), moved * 5e-6)
    for (const planned of [down, up]) expect(usdOf(planned, 'egress GB')).toBeUndefined()
    expect(down.quote?.assumptions).toContain("Not checked against the provider's own page: the price of storage reads.")
  })

  test('parts and ranges are requests of their own', () => {
    expectExact(usdOf(worked(download({ rangeBytes: 8e6 })), 'storage reads'), moved * 3 * 0.4e-6)
    // One begins the upload, one ends it.
    expectExact(usdOf(worked(upload({ transport: 'sdk', partBytes: 8e6 })), 'storage writes'), moved * 5 * 5e-6)
  })

  test('without a fixed work: by bytes, or by the rate', () => {
    expectExact(usdOf(planOn(lambda, { probe: download({ bytes: 40e6 }) }), 'storage reads'), 15 * 2 * 0.4e-6)
    const planned = planOn(lambda, { probe: download({ seconds: 2 }), quote: { bitsPerSecond: 160e6 } })
    expectExact(usdOf(planned, 'storage reads'), 15 * 2 * 0.4e-6)
    const unrated = planOn({ name: 'azure', region: 'eastus' }, { probe: objectDownload({ store: blobs, chunkBytes, seconds: 2 }) })
    expect(usdOf(unrated, 'storage reads')).toBeUndefined()
    expect(unrated.quote?.assumptions).toContainEqual(expect.stringContaining('Requests to the store are not in it'))
  })
  const blobs = azureBlob({ account: 'netfairdata', container: 'data' })

  test('a store elsewhere: what is sent is egress, and the quote says what is not in it', () => {
    const sent = ((moved * chunkBytes) / GiB) * 0.09
    const far = worked(upload({ store: s3({ bucket: 'data', region: 'us-east-2' }) }))
    expectExact(usdOf(far, 'egress GB'), sent)
    expectExact(usdOf(far, 'storage writes'), moved * 5e-6)
    const other = worked(objectUpload({ store: blobs, chunkBytes }))
    expectExact(usdOf(other, 'egress GB'), sent)
    expect(usdOf(other, 'storage writes')).toBeUndefined()
    expect(other.quote?.assumptions).toContainEqual(expect.stringMatching(/The store is of another provider: its requests/))
  })

  test('no target sends these bytes', () => {
    const planned = worked(download(), { quote: { targetUsdPerGB: 0.09 } })
    expect(usdOf(planned, 'target egress GB') ?? 0).toBe(0)
  })
})

test('a stopping rule: all that may run, and what runs in any case', () => {
  const { quote } = planOn(lambda, { stop: { relativeHalfWidth: 0.1, minimum: 6, maximum: 60 }, ...{ repetitions: undefined } } as never)
  expect((quote?.usd ?? 0) / (quote?.leastUsd ?? 1)).toBeGreaterThan(9.5)
})

test('what the quote assumes is no part of the plan that a journal is resumed by', () => {
  expect(planOn(lambda, { quote: { overheadMs: 50 }, budget: { usd: 3 } }).hash).toBe(planOn(lambda).hash)
})

test.each<readonly [Platform, Partial<ExperimentOptions>, string, RegExp]>([
  [lambda, { budget: { usd: 0.001 } }, 'QUOTE_OVER_BUDGET', /quoted at 0\.001\d+ USD, and "budget.usd" is 0.001000 USD/],
  [{ ...lambda, region: 'mars-north-1' }, { budget: { usd: 1 } }, 'PRICE_UNKNOWN', /in mars-north-1, only in: us-east-1/],
  [{ name: 'gcp', region: 'us-central1' }, { budget: { usd: 1 }, memoryMb: [300] }, 'PRICE_UNKNOWN', /no price for 300 MB/],
])('%j with %j is refused before anything is deployed', async (platform, options, code, message) => {
  const refused = run(experimentOn(platform, options))
  await expect(refused).rejects.toMatchObject({ name: 'InputError', code, message: expect.stringMatching(message) })
})

test('the journal names the prices also where they hold none for the region: the report says so', () => {
  const experiment = experimentOn({ ...lambda, region: 'mars-north-1' })
  const record = (of: typeof experiment) => experimentRecord('id', of, plan(of), { name: of.provider.name, environment: {} })
  const { priceBook, quote } = record(experiment)
  expect({ priceBook, quote }).toEqual({ priceBook: { version: '2026-11', date: '2026-11-22' }, quote: undefined })
  const { cost, warnings } = analyzeJournal({ ...syntheticJournal({ billedMs: 2345 }), experiment: record(experiment) })
  expect(cost).toMatchObject({ quotedUsd: null, finalUsd: null })
  expect(warnings).toEqual([{ code: 'cost', message: expect.stringContaining('in mars-north-1') }])
  expect(record(experimentOn(undefined))).not.toHaveProperty('priceBook')
})

test('where nothing is billed there is no quote, and every budget of dollars is kept', () => {
  const planned = planOn(undefined, { budget: { usd: 0.001 } })
  expect(planned.quote).toBeNull()
  expect(planned.unpriced).toBeUndefined()
  expect(() => refuseOverBudget(planned)).not.toThrow()
})

test('a dry run prints the quote, what it assumes, and that it would be refused', () => {
  const atBook = Date.UTC(2026, 10, 23)
  const text = renderPlan(planOn(lambda, { direction: ['upload'], budget: { usd: 0.01 } }), atBook)
  expect(text).toMatch(/6 rounds, at most about \d+ s, at most about 0\.\d+ USD/)
  expect(text).toMatch(/Quote, by the prices of 2026-11-22/)
  expect(text).toMatch(/compute GB-s +│ +\d/)
  expect(text).toMatch(/egress GB +│ +\d/)
  expect(text).toMatch(/Each function moves 625 Mbit\/s, as published/)
  expect(text).toMatch(/First tier, no free tier/)
  expect(text).toMatch(/Not checked against the provider's own page: the price of egress GB\./)
  expect(renderPlan(planOn(lambda), atBook)).not.toMatch(/Not checked/)
  expect(text).toMatch(/The run would be refused: its budget is 0.01000 USD, and it needs 0\.\d+ USD/)
  expect(text).not.toMatch(/days old/)
  expect(renderPlan(planOn(lambda), Date.UTC(2027, 10, 22))).toMatch(/these prices are 365 days old/)
  expect(renderPlan(planOn({ ...lambda, region: 'mars-north-1' }))).toMatch(/no cost known \(The price book .* mars-north-1/)
  expect(renderPlan(planOn(undefined))).toMatch(/nothing is billed/)
})

describe('tests of co-location, before anything is spent', () => {
  const colocation = { verify: 'contention', maximumTests: 10 } as const
  const place = { concurrency: [4], repetitions: 1, colocation } as const

  test('are quoted: rounds, bytes, seconds, dollars', () => {
    const { contention, quote, expectedMs } = planOn(lambda, place)
    const without = planOn(lambda, { concurrency: [4], repetitions: 1 })
    // 4 listen at 4 Mbit/s for 3 × 1.2 s, 2 of them send at 1 Gbit/s for 1.2 s.
    expect(contention).toMatchObject({ tests: 10, bytes: 10 * ((4 * 3 * 4e6 + 2 * 1e9) * 0.15), measuredMs: 36_000 })
    expectExact(contention?.usd ?? undefined, 10 * 4 * (3.9 * 2 * 0.0000166667 + 0.0000002))
    expectExact(quote?.usd, (without.quote?.usd ?? 0) + (contention?.usd ?? 0))
    expect(expectedMs - without.expectedMs).toBe(10 * (3600 + 600))
    const text = renderPlan(planOn(lambda, place), Date.UTC(2026, 10, 23))
    expect(text).toMatch(/Then tests of co-location: at most 10 rounds, 3072000000 bytes, 36 s of traffic, 0\.00\d+ USD\./)
    expect(renderPlan(planOn(undefined, place))).toMatch(/at most 10 rounds, 3072000000 bytes, 36 s of traffic\.\n/)
  })

  test('what they send is quoted as what they may send, not as a full network', () => {
    const options = { ...place, quote: { targetUsdPerGB: 1 } }
    const own = usdOf(planOn(lambda, { ...options, colocation: undefined } as never), 'target egress GB') ?? 0
    expectExact((usdOf(planOn(lambda, options), 'target egress GB') ?? 0) - own, 3.072)
    const few = { ...options, colocation: { ...colocation, maximumBytes: 1e9 } }
    expectExact((usdOf(planOn(lambda, few), 'target egress GB') ?? 0) - own, 1)
  })

  test('a budget that has no room for silence and one test is refused', async () => {
    const { quote } = planOn(lambda, { concurrency: [4], repetitions: 1 })
    const usd = (quote?.usd ?? 0) * 1.1
    expect(() => refuseOverBudget(planOn(lambda, { concurrency: [4], repetitions: 1, budget: { usd } }))).not.toThrow()
    await expect(run(experimentOn(lambda, { ...place, budget: { usd } }))).rejects.toMatchObject({ code: 'QUOTE_OVER_BUDGET' })
    expect(renderPlan(planOn(lambda, { ...place, budget: { usd } }))).toContain('The run would be refused')
    // All of them need not fit: they end where the budget does.
    expect(() => refuseOverBudget(planOn(lambda, { ...place, budget: { usd: (quote?.usd ?? 0) * 6 } }))).not.toThrow()
  })
})
