import type { Random } from '../../src/analysis/seeded-random.ts'
import type { Interval } from '../../src/model/journal-record.ts'
import { startAtMs } from './ladder.ts'
import { normal } from './noise.ts'

/** Bytes a second. */
export type RateAt = (second: number) => number

export interface SeriesNoise {
  readonly cv: number
  /** Autocorrelation of neighbouring intervals, of the logarithms. */
  readonly correlation?: number
  readonly random: Random
}

/** What a function moved in intervals of `stepMs`, with noise from interval to interval. */
export function intervalSeries(rate: RateAt, seconds: number, noise?: SeriesNoise, stepMs = 100): Interval[] {
  const deviation = Math.sqrt(Math.log(1 + (noise?.cv ?? 0) ** 2))
  const correlation = noise?.correlation ?? 0
  let state = noise === undefined ? 0 : normal(noise.random)
  return Array.from({ length: Math.round((seconds * 1000) / stepMs) }, (_, index) => {
    const factor = Math.exp(deviation * state)
    if (noise !== undefined) state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal(noise.random)
    const fromMs = startAtMs + index * stepMs
    return [fromMs, fromMs + stepMs, meanRate(rate, (index * stepMs) / 1000, stepMs / 1000) * (stepMs / 1000) * factor]
  })
}

/** Mean over a tenth of the step at a time: the rate may change within it. */
function meanRate(rate: RateAt, from: number, seconds: number): number {
  const parts = 10
  return (
    Array.from({ length: parts }, (_, part) => rate(from + ((part + 0.5) / parts) * seconds)).reduce((sum, each) => sum + each, 0) / parts
  )
}

/** A bucket that is full at the start and fills again at the steady rate. */
export const tokenBucket =
  (burst: number, steady: number, bucket: number): RateAt =>
  (second) =>
    second < bucket / (burst - steady) ? burst : steady

/** Doubles every fifth of the span until it is done. */
export const slowStart =
  (rate: number, span: number): RateAt =>
  (second) =>
    rate * Math.min(1, 2 ** (5 * (second / span - 1)))
