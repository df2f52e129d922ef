import type { CommonSeries } from './common-series.ts'
import { ascending, median } from './quantile.ts'

/** A token bucket that ran empty: a high rate, one step down, a lower rate until the end. Per function. */
export interface Drop {
  /** Epoch milliseconds from which on the rate was steady. */
  readonly steadyFromMs: number
  readonly burstBitsPerSecond: number
  readonly steadyBitsPerSecond: number
  /** What was moved beyond the steady rate until then. */
  readonly bucketBytes: number
  /** All that was moved until then. */
  readonly movedBytes: number
}

/** A burst takes three steps at least, the steady part five. */
const leastBurst = 3
const leastSteady = 5
/** Of what is above the steady rate: less is noise, more is on the way down. */
const settledShare = 0.1

/** From one step to the next, in slow start. */
const growth = 1.2

/** Which drops count. */
export interface DropThresholds {
  /** Burst rate ÷ steady rate from which on there is one. */
  readonly burstRatio: number
  /** Difference of the two rates in its standard errors, autocorrelation taken into account. */
  readonly burstEvidence: number
}

/** Finds where the rate of a whole round steps down for good; the sum over its functions, so that unequal shares do not matter. */
export function findDrop(series: CommonSeries, functions: number, thresholds: DropThresholds): Drop | undefined {
  if (series.bytes.length < leastBurst + leastSteady) return undefined
  const { bytes } = series
  const from = rampEnd(bytes)
  const step = bestStep(bytes, from)
  if (step === undefined) return undefined
  const burst = part(bytes, from, step)
  const settled = settledFrom(bytes, step, burst.mean)
  if (bytes.length - settled < leastSteady) return undefined
  const steady = part(bytes, settled, bytes.length)
  if (burst.mean < thresholds.burstRatio * steady.mean || evidence(burst, steady) < thresholds.burstEvidence) return undefined
  return dropAt(series, settled, burst.mean, steady.mean, functions)
}

/** Slow start is no part of the burst: its steps below the median, and those that still grow. */
function rampEnd(bytes: Float64Array): number {
  const middle = median(ascending(bytes)) as number
  let ramp = Math.max(
    0,
    bytes.findIndex((moved) => moved >= middle),
  )
  while ((bytes[ramp + 1] ?? 0) > growth * (bytes[ramp] as number)) ramp++
  return Math.min(ramp, Math.floor(bytes.length / 4))
}

/** The split into two levels, the first one higher, that leaves the least squares. */
function bestStep(bytes: Float64Array, from: number): number | undefined {
  const total = bytes.subarray(from).reduce((sum, moved) => sum + moved, 0)
  let best: number | undefined
  let most = 0
  let first = 0
  for (let split = from + 1; split <= bytes.length - leastSteady; split++) {
    first += bytes[split - 1] as number
    const [count, rest] = [split - from, bytes.length - split]
    const fall = first / count - (total - first) / rest
    const explained = (fall * fall * count * rest) / (count + rest)
    if (count < leastBurst || fall <= 0 || explained <= most) continue
    most = explained
    best = split
  }
  return best
}

/** The step after the split is partly burst; steps still on the way down are not steady yet. */
function settledFrom(bytes: Float64Array, split: number, burst: number): number {
  const tail = part(bytes, Math.floor((split + bytes.length) / 2), bytes.length)
  const limit = tail.mean + Math.max(settledShare * (burst - tail.mean), 2 * Math.sqrt(tail.variance))
  let settled = split + 1
  while (settled < bytes.length && (bytes[settled] as number) > limit) settled++
  return settled
}

interface Part {
  readonly mean: number
  readonly variance: number
  readonly count: number
  /** Σ of products of neighbours' distances from the mean, ÷ variance. */
  readonly products: number
}

function part(bytes: Float64Array, from: number, to: number): Part {
  const values = bytes.subarray(from, to)
  const mean = values.reduce((sum, moved) => sum + moved, 0) / values.length
  let squares = 0
  let products = 0
  for (let index = 0; index < values.length; index++) {
    const distance = (values[index] as number) - mean
    squares += distance * distance
    if (index > 0) products += distance * ((values[index - 1] as number) - mean)
  }
  const variance = squares / Math.max(1, values.length - 1)
  return { mean, variance, count: values.length, products: variance === 0 ? 0 : products / variance }
}

/** Difference in standard errors; the effective number of steps is smaller by (1 − ρ) ÷ (1 + ρ), with ρ corrected for its bias. */
function evidence(burst: Part, steady: Part): number {
  const count = burst.count + steady.count
  const raw = (burst.products + steady.products) / count
  const correlation = Math.min(0.95, Math.max(0, raw + (1 + 3 * raw) / Math.min(burst.count, steady.count)))
  const variance = burst.variance / burst.count + steady.variance / steady.count
  return (burst.mean - steady.mean) / Math.sqrt((variance * (1 + correlation)) / (1 - correlation))
}

function dropAt({ startMs, stepMs, bytes, before }: CommonSeries, settled: number, burst: number, steady: number, n: number): Drop {
  // A full bucket gains nothing from a slow start.
  let taken = Math.max(0, before.bytes - (steady * before.ms) / stepMs / n)
  let moved = before.bytes
  for (const step of bytes.subarray(0, settled)) {
    taken = Math.max(0, taken + step - steady)
    moved += step
  }
  const rate = (perStep: number): number => (perStep * 8000) / stepMs / n
  return {
    steadyFromMs: startMs + settled * stepMs,
    burstBitsPerSecond: rate(burst),
    steadyBitsPerSecond: rate(steady),
    bucketBytes: taken / n,
    movedBytes: moved / n,
  }
}
