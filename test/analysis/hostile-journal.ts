import type { Random } from '../../src/analysis/seeded-random.ts'
import type { CompletedSample, Interval, JournalRecord } from '../../src/model/journal-record.ts'
import { failedSample, ladderRecords } from './ladder.ts'
import { lognormal } from './noise.ts'
import { intervalSeries, tokenBucket } from './token-bucket.ts'

export interface Hostility {
  readonly seed: number
  readonly cv: number
  /** b ∝ n^−exponent. */
  readonly exponent: number
  readonly rounds: number
  readonly burst: boolean
}

/**
 * Everything at once: two memory sizes, hosts and targets that change, starts and interval phases between milliseconds, bursts,
 * samples without intervals, failed ones, and rounds that were run again.
 */
export function hostileRecords({ cv, exponent, rounds, burst }: Hostility, random: Random): JournalRecord[] {
  const records = ladderRecords({
    concurrency: [1, 2, 4, 8],
    memoryMb: [512, 2048],
    rounds,
    rate: () => 1,
    round: (round, { repetition }) => (repetition % 2 === 0 ? { ...round, host: `host-${repetition % 3}` } : round),
    sample: (sample, { n }) => {
      const rate = 5e6 * n ** -exponent * lognormal(random, cv)
      const curve = burst ? tokenBucket(4 * rate, rate, 2 * rate) : () => rate
      const shifted = between(sample, intervalSeries(curve, 3, { cv: 0.05, random }), 40 * random(), random)
      return random() < 0.03 ? failedSample(shifted) : shifted
    },
  })
  const again = records.filter((record) => (record.type === 'round' || record.type === 'sample') && random() < 0.02)
  return [...records, ...again.map((record): JournalRecord => ({ ...record, attempt: 1 }) as JournalRecord)]
}

/** Moves a series to times between milliseconds, and drops it here and there. */
function between(sample: CompletedSample, series: readonly Interval[], delayMs: number, random: Random): CompletedSample {
  const moved = series.map(([fromMs, toMs, bytes]): Interval => [fromMs + delayMs, toMs + delayMs, bytes])
  const { intervals: _, ...plain } = sample
  return {
    ...plain,
    instance: `${sample.instance}-${random() < 0.9}`,
    target: Math.floor(2 * random()),
    startedAtMs: moved[0]?.[0] ?? sample.startedAtMs,
    endedAtMs: moved.at(-1)?.[1] ?? sample.endedAtMs,
    bytes: series.reduce((sum, [, , bytes]) => sum + bytes, 0),
    clockUncertaintyMs: random(),
    ...(random() < 0.95 && { intervals: moved }),
  }
}

/** The same journal, some whole milliseconds later. */
export function later(records: readonly JournalRecord[], byMs: number): JournalRecord[] {
  return records.map((record): JournalRecord => {
    if (record.type === 'round') return record.startAtMs === undefined ? record : { ...record, startAtMs: record.startAtMs + byMs }
    if (record.type !== 'sample' || record.outcome !== 'completed') return record
    const intervals = record.intervals?.map(([fromMs, toMs, bytes]): Interval => [fromMs + byMs, toMs + byMs, bytes])
    return { ...record, startedAtMs: record.startedAtMs + byMs, endedAtMs: record.endedAtMs + byMs, ...(intervals && { intervals }) }
  })
}
