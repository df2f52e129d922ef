import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import type { Interval } from '../../src/model/journal-record.ts'
import type { Report, SharingFinding } from '../../src/model/report.ts'
import { type Ladder, ladderJournal, type Place } from './ladder.ts'
import { intervalSeries, type RateAt, slowStart, tokenBucket } from './token-bucket.ts'

const random = seededRandom(41)
const mega = 1e6 / 8

/** Every function moves at this rate for so many seconds, with noise of 5 % from interval to interval. */
function transfers(rateAt: (place: Place) => RateAt, seconds: (place: Place) => number = () => 4, more: Partial<Ladder> = {}): Report {
  const ladder: Ladder = {
    rate: () => 1,
    sample: (sample, place) => {
      const intervals: readonly Interval[] = intervalSeries(rateAt(place), seconds(place), { cv: 0.05, random })
      const bytes = intervals.reduce((sum, [, , moved]) => sum + moved, 0)
      return { ...sample, intervals, bytes, endedAtMs: intervals.at(-1)?.[1] ?? sample.endedAtMs }
    },
    ...more,
  }
  return analyzeJournal(ladderJournal(ladder), { fairnessResamples: 50 })
}

const sharing = ({ sharing: [finding] }: Report): SharingFinding => finding as SharingFinding

describe('a token bucket', () => {
  test('that runs empty just before the end: what would follow is not known, and the burst is not the share', () => {
    const report = transfers(
      () => tokenBucket(100 * mega, 20 * mega, 80 * mega * 1.7),
      () => 2,
    )
    expect(sharing(report)).toMatchObject({ verdict: 'inconclusive', confidence: null })
    expect(sharing(report).reasons.map(({ code }) => code)).toContain('burst')
    expect(report.excluded.map(({ message }) => message)).toContainEqual(expect.stringMatching(/fell shortly before its end/))
  })

  test('is not seen in noise, however it hangs together', () => {
    for (const correlation of [0, 0.6, 0.9]) {
      const noise = { cv: 0.3, correlation, random: seededRandom(61) }
      const sample: Ladder['sample'] = (one) => {
        const intervals: readonly Interval[] = intervalSeries(() => 20 * mega, 1.5, noise)
        return { ...one, intervals, bytes: intervals.reduce((sum, [, , moved]) => sum + moved, 0), endedAtMs: intervals.at(-1)?.[1] ?? 0 }
      }
      const { excluded } = analyzeJournal(ladderJournal({ rate: () => 1, rounds: 20, concurrency: [1, 2, 4], sample }))
      expect(excluded).toEqual([])
    }
  })

  test('of each function: the verdict and the rates are of the steady part', () => {
    const report = transfers(() => tokenBucket(100 * mega, 20 * mega, 80 * mega))
    expect(sharing(report)).toMatchObject({ verdict: 'isolated', upToConcurrency: 26, reasons: [] })
    expect((sharing(report).perFunctionBitsPerSecond ?? 0) / 20e6).toBeCloseTo(1, 1)
    for (const { burst, perFunction, roundsUsed } of report.cells) {
      expect(roundsUsed).toBe(6)
      expect((perFunction.medianBitsPerSecond ?? 0) / 20e6).toBeCloseTo(1, 1)
      expect((burst?.burstBitsPerSecond ?? 0) / 100e6).toBeCloseTo(1, 1)
      expect((burst?.steadyBitsPerSecond ?? 0) / 20e6).toBeCloseTo(1, 1)
      expect((burst?.bucketBytes ?? 0) / 10e6).toBeCloseTo(1, 1)
    }
  })

  test('of the host: what the functions share is the steady rate', () => {
    const report = transfers(({ n }) => tokenBucket((1000 * mega) / n, (200 * mega) / n, (800 * mega) / n))
    expect(sharing(report)).toMatchObject({ verdict: 'shared', reasons: [] })
    expect((sharing(report).capacityBitsPerSecond ?? 0) / 200e6).toBeCloseTo(1, 1)
  })

  test('that a slow start hides for a while', () => {
    const bucket = tokenBucket(100 * mega, 20 * mega, 80 * mega)
    const report = transfers(() => (second) => Math.min(bucket(second), slowStart(100 * mega, 0.4)(second)))
    expect((report.cells[0]?.burst?.burstBitsPerSecond ?? 0) / 100e6).toBeCloseTo(1, 1)
    expect((report.cells[0]?.perFunction.medianBitsPerSecond ?? 0) / 20e6).toBeCloseTo(1, 1)
  })

  test('that was empty in some rounds: they are steady from their start', () => {
    const empty = ({ repetition }: Place): RateAt => (repetition > 3 ? () => 20 * mega : tokenBucket(100 * mega, 20 * mega, 80 * mega))
    const report = transfers(empty)
    expect(report.cells.map(({ roundsUsed, burst }) => [roundsUsed, burst === null])).toEqual(Array.from({ length: 6 }, () => [6, false]))
    expect(sharing(report)).toMatchObject({ verdict: 'isolated', reasons: [] })
  })

  test('is not one where no rate falls', () => {
    for (const rateAt of [() => 20 * mega, slowStart(20 * mega, 1)])
      expect(transfers(() => rateAt).cells.map(({ burst }) => burst)).toEqual(Array.from({ length: 6 }, () => null))
  })

  test('is not made by one round in which a neighbour comes', () => {
    const report = transfers(
      ({ repetition }) =>
        (second) =>
          (repetition === 2 && second > 2 ? 8 : 20) * mega,
    )
    expect(report.cells.map(({ burst }) => burst)).toEqual(Array.from({ length: 6 }, () => null))
  })
})

describe('a transfer within the burst is not taken for the share', () => {
  /** 10 MB a function; 20 MB of all functions empty the bucket of the host. */
  const tenMegabytes = ({ n }: Place): RateAt => tokenBucket((1000 * mega) / n, (200 * mega) / n, (160 * mega * 0.8) / n)
  const until = ({ n }: Place): number => {
    const burst = 0.16 // seconds at 1 Gbit/s
    return n === 1 ? 0.08 : Math.max(0.16, burst + (n * 10e6 - 20e6) / (200 * mega))
  }

  test('where other levels show the bucket, its rounds take no part', () => {
    const slow =
      (place: Place): RateAt =>
      (second) =>
        tenMegabytes(place)(second / 10)
    const report = transfers(slow, (place) => 10 * until(place), { concurrency: [1, 4, 8, 16, 26] })
    expect(report.cells[0]).toMatchObject({ concurrency: 1, roundsUsed: 0, perFunction: { medianBitsPerSecond: null } })
    expect(report.excluded.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'burst'))
    expect(report.excluded[0]?.message).toMatch(/may lie within a burst: at n = 4, 2048 MB the rate fell after \d+(\.\d+)? MB/)
    const finding = sharing(report)
    expect([finding.verdict, finding.reasons.map(({ code }) => code)]).toEqual(['shared', ['burst', 'rounds']])
    expect((finding.capacityBitsPerSecond ?? 0) / 200e6).toBeCloseTo(1, 1)
  })

  test('nor do samples without intervals', () => {
    const short: Partial<Ladder> = {
      memoryMb: [1024, 2048],
      concurrency: [1, 2, 4, 8],
      rate: () => 100e6,
      sample: (sample, place) => {
        if (place.memoryMb === 1024) {
          const { intervals: _, ...rest } = sample
          return { ...rest, bytes: 5e6, endedAtMs: sample.startedAtMs + 400 }
        }
        const intervals = intervalSeries(tokenBucket(100 * mega, 20 * mega, 80 * mega), 4, { cv: 0.05, random })
        return { ...sample, intervals, bytes: intervals.reduce((sum, [, , moved]) => sum + moved, 0), endedAtMs: sample.startedAtMs + 4000 }
      },
    }
    const { sharing: findings } = transfers(() => () => 0, undefined, short)
    expect(findings.map(({ memoryMb, verdict }) => [memoryMb, verdict])).toEqual([[1024, 'inconclusive'], [2048, 'isolated']]) // biome-ignore format: a table
    expect(findings[0]?.reasons.map(({ code }) => code)).toEqual(['burst', 'rounds', 'levels'])
  })

  test('a burst that leaves no steady time gives no rate either', () => {
    const report = transfers(({ repetition }) => tokenBucket(100 * mega, 20 * mega, (repetition === 0 ? 270 : 80) * mega), undefined, {
      sample: (sample, { repetition }) => {
        const intervals = intervalSeries(tokenBucket(100 * mega, 20 * mega, (repetition === 0 ? 270 : 80) * mega), 4)
        return { ...sample, intervals, bytes: 0, endedAtMs: sample.startedAtMs + 4000, clockUncertaintyMs: 60 }
      },
    })
    expect(report.excluded.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'burst'))
    expect(report.excluded[0]?.message).toContain('too little time at the steady rate')
    expect(sharing(report).verdict).toBe('isolated')
  })
})
