import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { journalText } from '../../src/journal/journal-text.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Report } from '../../src/model/report.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'

const report = (options: SyntheticOptions): Report => analyzeJournal(syntheticJournal(options), { resamples: 200 })
const sharing = (options: SyntheticOptions) => report(options).sharing[0]
const bytes = async function* (text: string) {
  yield Buffer.from(text)
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const variation = fc.double({ min: 0, max: 1, noNaN: true })
const anyOptions: fc.Arbitrary<SyntheticOptions> = fc.record(
  {
    truth: fc.constantFrom('isolated', 'shared', 'capped', 'partial', 'degrading', 'capped-degrading'),
    memoryTruth: fc.constantFrom('flat', 'proportional', 'saturating', 'sublinear'),
    bitsPerSecond: fc.double({ min: 1e3, max: 1e11, noNaN: true }),
    knee: fc.double({ min: 0.5, max: 30, noNaN: true }),
    exponent: fc.double({ min: 0.1, max: 3, noNaN: true }),
    concurrency: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    memoryMb: fc.uniqueArray(fc.integer({ min: 128, max: 4096 }), { minLength: 1, maxLength: 2 }),
    direction: fc.constantFrom('download', 'upload', 'both'),
    rounds: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer(),
    cv: variation,
    cvWithin: variation,
    unequal: variation,
    shares: fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 3 }),
    contamination: share,
    hosts: fc.integer({ min: 1, max: 3 }),
    hostCv: variation,
    starved: fc.record({ invocation: fc.nat(5), share }),
    failures: fc.record({ share }),
    intervals: fc.boolean(),
    intervalMs: fc.double({ min: 1, max: 500, noNaN: true }),
    seconds: fc.double({ min: 0.01, max: 3, noNaN: true }),
    burst: fc.record({ bitsPerSecond: fc.double({ min: 1e3, max: 1e10, noNaN: true }), bucketBytes: fc.integer({ min: 1, max: 1e9 }) }),
    startJitterMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    clockUncertaintyMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    throttled: share,
    targetBusy: share,
    provider: fc.constantFrom({ name: 'aws', region: 'eu-north-1' }, { name: 'local', tier: 'plain' }),
  },
  { requiredKeys: [] },
)

describe('whatever the options', () => {
  test('every line is a sound record, and the text reads back as the same journal', async () => {
    await fc.assert(
      fc.asyncProperty(anyOptions, async (options) => {
        const journal = syntheticJournal(options)
        const text = journalText(journal)
        const { excluded, warnings, ...read } = await loadJournal(bytes(text))
        // As texts: comparing long journals object by object takes most of the time.
        expect(journalText({ ...read, excluded, warnings }) === text).toBe(true)
        expect({ excluded, warnings }).toEqual({ excluded: journal.excluded, warnings: journal.warnings })
      }),
      { numRuns: 60 },
    )
  })

  test('the same options give the same journal', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        expect(journalText(syntheticJournal(options))).toBe(journalText(syntheticJournal(structuredClone(options))))
      }),
      { numRuns: 30 },
    )
  })
})

test('another seed gives another journal', () => {
  expect(journalText(syntheticJournal({ seed: 2, id: 'x' }))).not.toBe(journalText(syntheticJournal({ seed: 3, id: 'x' })))
})

describe('the analysis finds the truth', () => {
  test.each(['isolated', 'shared', 'capped', 'partial', 'degrading', 'capped-degrading'] as const)('%s', (truth) => {
    expect(sharing({ truth, cv: 0.02 })).toMatchObject({ verdict: truth, grade: 'firm' })
  })

  test.each(['flat', 'proportional', 'saturating', 'sublinear'] as const)('%s in memory', (memoryTruth) => {
    const memoryMb = [128, 256, 512, 1024, 2048, 3008]
    const found = report({ memoryTruth, memoryMb, concurrency: [1], cv: 0.02, saturationMemoryMb: 700 })
    expect(found.memory[0]).toMatchObject({ verdict: memoryTruth, grade: 'firm' })
  })

  test('figures', () => {
    const found = sharing({ truth: 'capped', knee: 6, bitsPerSecond: 30e6, cv: 0.02 })
    expect(found?.knee?.value).toBeCloseTo(6, 0)
    expect((found?.perFunctionBitsPerSecond ?? 0) / 30e6).toBeCloseTo(1, 1)
  })

  test('with or without an interval series', () => {
    const [series, none] = [true, false].map((intervals) => report({ intervals, cv: 0, cvWithin: 0 }).cells[0]?.perFunction.p5 ?? 0)
    expect(series).toBeCloseTo(50e6, -2)
    expect(none).toBeCloseTo(50e6, -2)
  })

  test('hosts that differ are taken out as blocks', () => {
    expect(sharing({ truth: 'shared', hosts: 3, hostCv: 0.4, cv: 0.05, seed: 3 })).toMatchObject({ verdict: 'shared', grade: 'firm' })
  })
})

describe('faults are what they are called', () => {
  const fairness = (options: SyntheticOptions) => report({ concurrency: [8], cv: 0.02, ...options }).fairness[0]

  test('fair, unfair, starved', () => {
    expect(fairness({})?.verdict).toBe('fair')
    expect(fairness({ shares: [3, 1] })?.verdict).toBe('unfair')
    const starved = report({ concurrency: [26], starved: { invocation: 5 } }).fairness[0]
    expect(starved).toMatchObject({ verdict: 'unfair', persistent: 'yes', reasons: [{ code: 'starved', invocation: 5 }] })
  })

  test('unequal shares keep the aggregate', () => {
    const [cell] = report({ concurrency: [8], cv: 0, cvWithin: 0, unequal: 0.5 }).cells
    expect((cell?.aggregate.medianBitsPerSecond ?? 0) / 400e6).toBeCloseTo(1, 6)
    expect(cell?.fairness?.jain).toBeLessThan(0.95)
  })

  test.each<[string, SyntheticOptions]>([
    ['failed-invocation', { failures: { share: 0.5 } }],
    ['cpu-bound', { throttled: 0.7 }],
    ['target-saturated', { targetBusy: 0.95 }],
    ['clock', { clockUncertaintyMs: 1000 }],
    ['overlap', { startJitterMs: 2000 }],
    ['tier', { provider: { name: 'local', tier: 'plain' } }],
  ])('%s', (code, options) => {
    const found = sharing(options)
    expect(found?.verdict).toBe('inconclusive')
    expect(found?.reasons.map((reason) => reason.code)).toContain(code)
  })

  test('failures only where they are asked for', () => {
    const cells = report({ failures: { share: 1, concurrency: [26] } }).cells
    expect(cells.map(({ failed }) => failed)).toEqual([0, 0, 0, 0, 0, 156])
  })

  test('a token bucket is fast first', () => {
    const { samples } = syntheticJournal({ concurrency: [1], cv: 0, cvWithin: 0, burst: { bitsPerSecond: 400e6, bucketBytes: 20e6 } })
    const rates = (samples[0]?.intervals ?? []).map(([start, end, moved]) => (moved * 8) / (end - start) / 1000)
    expect(rates[0]).toBeCloseTo(400, 6)
    expect(rates.at(-1)).toBeCloseTo(50, 6)
    expect((samples[0]?.bytes ?? 0) - (50e6 / 8) * 2).toBeCloseTo(20e6, -1)
  })
})

test('a mistyped option is told the nearest one', () => {
  expect(() => syntheticJournal({ trut: 'shared' } as SyntheticOptions)).toThrow(/unknown key "trut"/)
  expect(() => syntheticJournal({ cv: -1 })).toThrow(/"cv" must be >= 0, got -1/)
})
