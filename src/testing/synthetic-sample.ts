import type { CompletedSample, Direction, FailedSample, Interval } from '../model/journal-record.ts'
import type { Synthetic } from './synthetic-options.ts'

/** One invocation of a synthetic round. */
export interface Invocation {
  readonly round: string
  readonly invocation: number
  readonly direction: Direction
  readonly host: string
  readonly startedAtMs: number
  readonly bitsPerSecond: number
}

export function syntheticSample(at: Invocation, options: Synthetic): CompletedSample {
  const { bitsPerSecond, ...place } = at
  const series = options.intervals ? intervalSeries(at, options) : undefined
  return {
    type: 'sample',
    ...place,
    outcome: 'completed',
    instance: `instance-${at.invocation}`,
    endedAtMs: at.startedAtMs + options.seconds * 1000,
    bytes: series?.reduce((sum, [, , bytes]) => sum + bytes, 0) ?? Math.round(movedBy(options.seconds, bitsPerSecond, options)),
    ...(series !== undefined && { intervals: series }),
    throttled: options.throttled,
    clockUncertaintyMs: options.clockUncertaintyMs,
    coldStart: false,
    ...(options.billedMs !== undefined && { billedMs: options.billedMs }),
  }
}

export function failedSample({ round, invocation, direction, host }: Invocation): FailedSample {
  const error = { code: 'SYNTHETIC', message: 'This function was meant to fail.' }
  return { type: 'sample', round, invocation, direction, host, outcome: 'failed', error }
}

/** The last interval may be shorter. Without a token bucket the first 100 ms run at half the rate: slow start. */
function intervalSeries({ startedAtMs, bitsPerSecond }: Invocation, options: Synthetic): readonly Interval[] {
  const { seconds, intervalMs } = options
  const lengthMs = seconds * 1000
  const slowStart = options.burst === undefined
  const moved = (ms: number) => movedBy((slowStart ? ms - Math.min(ms, slowStartMs) / 2 : ms) / 1000, bitsPerSecond, options)
  return Array.from({ length: Math.ceil(lengthMs / intervalMs) }, (_, index): Interval => {
    const from = index * intervalMs
    const to = Math.min(lengthMs, from + intervalMs)
    return [startedAtMs + from, startedAtMs + to, Math.round(moved(to) - moved(from))]
  })
}

const slowStartMs = 100

/** Bytes that a function moves in its first seconds: the bucket fills at the steady rate and is drained at the burst rate. */
function movedBy(seconds: number, bitsPerSecond: number, { burst }: Synthetic): number {
  const steady = bitsPerSecond / 8
  if (burst === undefined) return steady * seconds
  return Math.min(Math.max(burst.bitsPerSecond / 8, steady) * seconds, burst.bucketBytes + steady * seconds)
}
