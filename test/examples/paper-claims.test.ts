import { describe, expect, test } from 'vitest'
import { above, all, below } from '../../examples/paper/claim.ts'
import {
  cpuBoundBelowTheKnee,
  iperf3IsNoEstimate,
  moreFunctionsLessEach,
  moreMemoryMoreBandwidth,
  sameAtEveryMemory,
  sameForEverySize,
} from '../../examples/paper/claims.ts'
import {
  moreFunctionsMoreTogether,
  moreFunctionsSooner,
  moreMemoryCostsMore,
  tooManyFunctionsOnlyCost,
} from '../../examples/paper/work-claims.ts'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { Report } from '../../src/model/report.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'
import { objectJournal } from '../analysis/object-journal.ts'

const paperMemory = [128, 256, 512, 1024, 2048, 3008]
const reportOf = (options: SyntheticOptions): Report => analyzeJournal(syntheticJournal({ cv: 0.03, rounds: 4, ...options }))

test('one part against a claim is enough, one open part leaves it open', () => {
  expect(all(['holds', 'holds'])).toBe('holds')
  expect(all(['holds', 'cannot tell'])).toBe('cannot tell')
  expect(all(['does not hold', 'cannot tell', 'holds'])).toBe('does not hold')
  expect(all([])).toBe('cannot tell')
})

test('a ratio is above or below a limit with all of its interval', () => {
  const ratio = { value: 1.2, low: 1.1, high: 1.3 }
  expect([1, 1.2, 1.4].map((limit) => above(ratio, limit))).toEqual(['holds', 'cannot tell', 'does not hold'])
  expect([1, 1.2, 1.4].map((limit) => below(ratio, limit))).toEqual(['does not hold', 'cannot tell', 'holds'])
  expect(above(undefined, 1)).toBe('cannot tell')
})

describe('figure 2: the same at every memory', () => {
  const report = (options: SyntheticOptions): Report => reportOf({ memoryMb: paperMemory, concurrency: [1], direction: 'both', ...options })
  test.each([
    ['holds', { memoryTruth: 'flat' }],
    ['does not hold', { memoryTruth: 'proportional' }],
    ['does not hold', { memoryTruth: 'saturating', saturationMemoryMb: 600 }],
    ['cannot tell', { memoryTruth: 'flat', memoryMb: [128, 3008] }],
  ] as const)('%s: %j', (verdict, options) => expect(sameAtEveryMemory(report(options))).toMatchObject({ verdict }))

  test('says why it cannot tell', () =>
    expect(sameAtEveryMemory(report({ memoryMb: [128, 3008] })).here).toMatch(/^download: cannot tell: .*\[levels\]; upload: /))
})

describe('figure 3: the same for every size', () => {
  const ofRates = (bitsPerSecond: readonly number[], rounds = 6): Report => {
    const reports = bitsPerSecond.map((rate, index) =>
      reportOf({ concurrency: [1], rounds, bitsPerSecond: rate, cv: 0.01, seed: index + 1 }),
    )
    const cells = reports.flatMap(({ cells }, index) => cells.map((cell) => ({ ...cell, factors: { chunkBytes: 10 ** index * 1e6 } })))
    return { ...(reports[0] as Report), cells }
  }
  test.each([
    ['holds', ofRates([90e6, 95e6, 100e6])],
    ['does not hold', ofRates([50e6, 95e6, 100e6])],
    ['cannot tell', ofRates([90e6, 95e6, 100e6], 2)],
    ['cannot tell', ofRates([90e6])],
  ] as const)('%s', (verdict, report) => expect(sameForEverySize(report)).toMatchObject({ verdict }))

  test('names each size', () => expect(sameForEverySize(ofRates([90e6, 95e6])).here).toMatch(/^1 MB: \d+\.\d Mbit\/s, 10 MB: /))
})

describe('figure 4: memory, CPU, iperf3', () => {
  const saturating = { memoryTruth: 'saturating', saturationMemoryMb: 700, memoryMb: paperMemory, concurrency: [1] } as const
  test.each([
    ['holds', saturating],
    ['does not hold', { ...saturating, memoryTruth: 'flat' }],
    ['cannot tell', { ...saturating, memoryMb: [128, 3008] }],
  ] as const)('more memory, more bandwidth %s', (verdict, options) =>
    expect(moreMemoryMoreBandwidth(reportOf(options))).toMatchObject({ verdict }),
  )

  /** Rounds of the smaller functions are throttled. */
  const throttled = (below: number): Report => {
    const journal = syntheticJournal({ ...saturating, cv: 0.03, rounds: 4 })
    const small = new Set(journal.rounds.filter(({ memoryMb = 0 }) => memoryMb < below).map(({ id }) => id))
    return analyzeJournal({ ...journal, samples: journal.samples.map((one) => ({ ...one, throttled: small.has(one.round) ? 0.9 : 0 })) })
  }
  test('CPU-bound below the knee', () => {
    expect(cpuBoundBelowTheKnee(throttled(700))).toMatchObject({
      verdict: 'holds',
      here: expect.stringMatching(/^CPU-bound below the knee: the knee is at [67]\d\d MB; 128 MB: cpu, .*, 3008 MB: network$/),
    })
    expect(cpuBoundBelowTheKnee(throttled(200)).verdict).toBe('does not hold')
    expect(cpuBoundBelowTheKnee(reportOf({ ...saturating, provider: { name: 'gcp' }, targetBusy: 0 })).verdict).not.toBe('holds')
  })

  const values = { objectSumMs: 2000, firstByteSumMs: 300 }
  const small = objectJournal({ memoryMb: [376], concurrency: [1], bitsPerSecond: 10e6 }, { values, cpuMs: 500 })
  const network = (bitsPerSecond: number) => syntheticJournal({ memoryMb: [376], concurrency: [1], cv: 0.03, bitsPerSecond })
  test('iperf3 is no estimate', () => {
    expect(iperf3IsNoEstimate(analyzeJournal(small, { network: network(70e6) }))).toMatchObject({
      verdict: 'holds',
      here: expect.stringMatching(/^at 376 MB iperf3 gets \d+\.\d Mbit\/s, × [67]\.\d\d .* the download is CPU-bound$/),
    })
    expect(iperf3IsNoEstimate(analyzeJournal(small, { network: network(10e6) })).verdict).toBe('does not hold')
    expect(iperf3IsNoEstimate(analyzeJournal(small))).toMatchObject({
      verdict: 'cannot tell',
      here: expect.stringContaining('[no-network]'),
    })
  })
})

describe('figure 5: the more functions, the less each', () => {
  test.each([
    ['holds', { truth: 'shared' }],
    ['does not hold', { truth: 'isolated' }],
    ['does not hold', { truth: 'capped', knee: 4 }],
    ['cannot tell', { truth: 'shared', concurrency: [1, 2] }],
    ['cannot tell', { truth: 'shared', throttled: 0.9 }],
  ] as const)('%s: %j', (verdict, options) => expect(moreFunctionsLessEach(reportOf(options))).toMatchObject({ verdict }))
})

type CostMap = NonNullable<Report['costMap']>
interface Work {
  readonly at: number
  readonly seconds: number
  readonly chunkSeconds?: number
  readonly usd?: number
  /** Half-width of the intervals, relative. */
  readonly noise?: number | null
}

/** A report of 100 chunks, of functions that differ in `along`. */
function worked(along: 'memoryMb' | 'concurrency', cells: readonly Work[]): Report {
  const figure = (median: number, noise: number | null = 0.02) => ({
    median,
    interval: noise && ({ low: median * (1 - noise), high: median * (1 + noise), confidence: 0.95, method: 't-log' } as const),
  })
  const costMap = {
    work: { chunks: 100, chunkBytes: 10e6, mode: 'pull' },
    cells: cells.map(({ at, seconds, chunkSeconds = seconds, usd = 1, noise }) => ({
      ...{ memoryMb: 128, concurrency: 1, factors: {}, [along]: at },
      responseMs: figure(1000 * seconds, noise),
      aggregatedMs: figure(1000 * chunkSeconds, noise),
      usd: figure(usd, noise),
    })),
  }
  return { ...reportOf({ concurrency: [1], rounds: 1 }), costMap: costMap as unknown as CostMap }
}
const none = reportOf({ concurrency: [1], rounds: 1 })

describe('figure 4c: more memory, more money', () => {
  const paper = [
    { at: 128, seconds: 100, usd: 1 },
    { at: 256, seconds: 50, usd: 1.05 },
    { at: 1024, seconds: 20, usd: 1.5 },
    { at: 2048, seconds: 15, usd: 2.52 },
  ]
  const verdicts = (report: Report) => moreMemoryCostsMore(report).map(({ verdict }) => verdict)
  test("the paper's own numbers bear it out", () => expect(verdicts(worked('memoryMb', paper))).toEqual(['holds', 'holds']))
  test('a platform of fixed CPU does not', () => {
    const same = paper.map(({ at }) => ({ at, seconds: 20, usd: at / 128 }))
    expect(verdicts(worked('memoryMb', same))).toEqual(['does not hold', 'holds'])
  })
  test('nor does one where CPU is all', () => {
    const scaled = paper.map(({ at }) => ({ at, seconds: 12_800 / at, usd: 1 }))
    expect(verdicts(worked('memoryMb', scaled))).toEqual(['holds', 'does not hold'])
  })
  test('cannot tell without intervals, sizes, or work', () => {
    const open = ['cannot tell', 'cannot tell']
    expect(
      verdicts(
        worked(
          'memoryMb',
          paper.map((cell) => ({ ...cell, noise: null })),
        ),
      ),
    ).toEqual(open)
    expect(verdicts(worked('memoryMb', paper.slice(1, 3)))).toEqual(open)
    expect(verdicts(none)).toEqual(open)
  })
})

describe('figures 6 and 7: more functions', () => {
  const shared = [
    { at: 1, seconds: 100, chunkSeconds: 100, usd: 1 },
    { at: 4, seconds: 30, chunkSeconds: 120, usd: 1.2 },
    { at: 16, seconds: 20, chunkSeconds: 320, usd: 3.2 },
    { at: 26, seconds: 19.5, chunkSeconds: 500, usd: 5 },
  ]
  const isolated = shared.map(({ at }) => ({ at, seconds: 100 / at, chunkSeconds: 100, usd: 1 }))
  const full = shared.map(({ at }) => ({ at, seconds: 100, chunkSeconds: 100 * at, usd: at }))
  const noisy = shared.map((cell) => ({ ...cell, noise: 0.9 }))
  const verdicts = (cells: readonly Work[]) => {
    const report = worked('concurrency', cells)
    return [moreFunctionsMoreTogether, moreFunctionsSooner, tooManyFunctionsOnlyCost].map((check) => check(report).verdict)
  }
  test.each([
    ['one uplink, with the CPU as limit of one', shared, ['holds', 'holds', 'holds']],
    ['isolated', isolated, ['does not hold', 'holds', 'does not hold']],
    ['one uplink, full from the start', full, ['does not hold', 'does not hold', 'holds']],
    ['too noisy', noisy, ['cannot tell', 'cannot tell', 'cannot tell']],
    ['one level', shared.slice(0, 1), ['cannot tell', 'cannot tell', 'cannot tell']],
  ] as const)('%s', (_, cells, expected) => expect(verdicts(cells)).toEqual(expected))

  test('says the bandwidth of all at each level', () =>
    expect(moreFunctionsMoreTogether(worked('concurrency', shared)).here).toMatch(/n = 1: 80\.0 Mbit\/s, .*n = 26: 410 Mbit\/s$/))
})
