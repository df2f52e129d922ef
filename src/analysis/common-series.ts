import type { CompletedSample } from '../model/journal-record.ts'

/** What all functions of a round moved together, in equal steps of time while all were active. */
export interface CommonSeries {
  readonly startMs: number
  readonly stepMs: number
  /** Bytes of all functions, one number a step. */
  readonly bytes: Float64Array
  /** Bytes and time of all functions before `startMs`, each from its own start on. */
  readonly before: { readonly bytes: number; readonly ms: number }
}

const mostSteps = 1000

/** Undefined where a function has no interval series. The steps are as long as the longest mean interval. */
export function commonSeries(samples: readonly CompletedSample[]): CommonSeries | undefined {
  const series = samples.map(({ intervals = [] }) => intervals)
  if (series.some((intervals) => intervals.length === 0)) return undefined
  const startMs = samples.reduce((latest, { startedAtMs }) => Math.max(latest, startedAtMs), Number.NEGATIVE_INFINITY)
  const endMs = samples.reduce((earliest, { endedAtMs }) => Math.min(earliest, endedAtMs), Number.POSITIVE_INFINITY)
  const longest = series.reduce((most, intervals) => {
    const spanMs = (intervals.at(-1)?.[1] ?? 0) - (intervals[0]?.[0] ?? 0)
    return Math.max(most, spanMs / intervals.length)
  }, 0)
  const stepMs = Math.max(longest, (endMs - startMs) / mostSteps)
  if (!(stepMs > 0)) return undefined
  // Times are known to less than a thousandth of a step: the number of steps must not hang on how they were rounded.
  const bytes = new Float64Array(Math.max(0, Math.floor((endMs - startMs) / stepMs + 1e-3)))
  let earlier = 0
  for (const intervals of series) for (const interval of intervals) earlier += spread(interval, startMs, stepMs, bytes)
  const ms = samples.reduce((sum, { startedAtMs }) => sum + startMs - startedAtMs, 0)
  return { startMs, stepMs, bytes, before: { bytes: earlier, ms } }
}

/** Adds an interval to the steps that it touches, in proportion. @returns its bytes before the first step */
function spread([fromMs, toMs, moved]: readonly [number, number, number], startMs: number, stepMs: number, bytes: Float64Array): number {
  const lengthMs = toMs - fromMs
  if (lengthMs <= 0) return 0
  const first = Math.max(0, Math.floor((fromMs - startMs) / stepMs))
  const last = Math.min(bytes.length - 1, Math.floor((toMs - startMs) / stepMs))
  for (let step = first; step <= last; step++) {
    const commonMs = Math.min(toMs, startMs + (step + 1) * stepMs) - Math.max(fromMs, startMs + step * stepMs)
    if (commonMs > 0) bytes[step] = (bytes[step] as number) + (moved * commonMs) / lengthMs
  }
  return (moved * Math.max(0, Math.min(toMs, startMs) - fromMs)) / lengthMs
}
