import type { CompletedSample } from '../model/journal-record.ts'

/** The time in which all functions of a round were active, on the common clock. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** From (latest start + warm-up) to the earliest end; empty (`endMs <= startMs`) when there is no such time. */
export function roundWindow(samples: readonly CompletedSample[], warmUpMs: number): Window {
  return { startMs: latestStart(samples) + warmUpMs, endMs: earliestEnd(samples) }
}

/** (earliest end − latest start) ÷ (latest end − earliest start), before warm-up; 0 when they did not overlap. */
export function overlap(samples: readonly CompletedSample[]): number {
  const earliestStart = samples.reduce((earliest, { startedAtMs }) => Math.min(earliest, startedAtMs), Number.POSITIVE_INFINITY)
  const latestEnd = samples.reduce((latest, { endedAtMs }) => Math.max(latest, endedAtMs), Number.NEGATIVE_INFINITY)
  return Math.max(0, (earliestEnd(samples) - latestStart(samples)) / (latestEnd - earliestStart))
}

const latestStart = (samples: readonly CompletedSample[]): number =>
  samples.reduce((latest, { startedAtMs }) => Math.max(latest, startedAtMs), Number.NEGATIVE_INFINITY)

const earliestEnd = (samples: readonly CompletedSample[]): number =>
  samples.reduce((earliest, { endedAtMs }) => Math.min(earliest, endedAtMs), Number.POSITIVE_INFINITY)

/**
 * Bytes that a sample moved inside a window.
 *
 * An interval that is partly inside gives bytes in proportion. Bytes outside all intervals are spread evenly over the time
 * outside all intervals; so a sample without intervals counts at its mean rate, warm-up and all. That is good enough only
 * because rounds of low overlap take no part.
 *
 * @returns undefined when the sample tells no bytes
 */
export function bytesInside(sample: CompletedSample, window: Window): number | undefined {
  const { startedAtMs, endedAtMs, intervals = [] } = sample
  if (sample.bytes === undefined && intervals.length === 0) return undefined
  let inside = 0
  let counted = 0
  let coveredMs = 0
  let coveredInsideMs = 0
  for (const [startMs, endMs, bytes] of intervals) {
    const insideMs = common(startMs, endMs, window)
    const lengthMs = endMs - startMs
    if (lengthMs > 0) inside += (bytes * insideMs) / lengthMs
    else if (startMs >= window.startMs && startMs < window.endMs) inside += bytes
    counted += bytes
    coveredMs += common(startMs, endMs, { startMs: startedAtMs, endMs: endedAtMs })
    coveredInsideMs += insideMs
  }
  const rest = (sample.bytes ?? counted) - counted
  const restMs = endedAtMs - startedAtMs - coveredMs
  if (rest <= 0 || restMs <= 0) return inside
  const restInsideMs = Math.max(0, common(startedAtMs, endedAtMs, window) - coveredInsideMs)
  return inside + (rest * Math.min(restInsideMs, restMs)) / restMs
}

function common(startMs: number, endMs: number, window: Window): number {
  return Math.max(0, Math.min(endMs, window.endMs) - Math.max(startMs, window.startMs))
}
