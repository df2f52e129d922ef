import type { Report, ReportCell, ReportInterval } from 'netfair'

export type Verdict = 'holds' | 'does not hold' | 'cannot tell'

/** What the paper says, and what was measured here. */
export interface Checked {
  readonly claim: string
  /** Figures that the paper quotes, unit in the key. */
  readonly quoted: Readonly<Record<string, number>>
  readonly here: string
  readonly verdict: Verdict
}

/** A median with its interval, as everywhere in a report. */
export interface Figure {
  readonly median: number
  readonly interval: ReportInterval | null
}

/** a ÷ b with the least and the most that it may be. Undefined where an interval is not known. */
export interface Ratio {
  readonly value: number
  readonly low: number
  readonly high: number
}

export function ratioOf(a: Figure | null | undefined, b: Figure | null | undefined): Ratio | undefined {
  if (!a?.interval || !b?.interval || b.interval.low <= 0) return undefined
  return { value: a.median / b.median, low: a.interval.low / b.interval.high, high: a.interval.high / b.interval.low }
}

/** Whether a ratio is above a limit: only where all of its interval says the same. */
export function above(ratio: Ratio | undefined, limit: number): Verdict {
  if (ratio === undefined) return 'cannot tell'
  return ratio.low > limit ? 'holds' : ratio.high < limit ? 'does not hold' : 'cannot tell'
}

export function below(ratio: Ratio | undefined, limit: number): Verdict {
  return above(ratio && { value: -ratio.value, low: -ratio.high, high: -ratio.low }, -limit)
}

/** One part that does not hold is enough against it; one that cannot be told keeps all of it open. */
export function all(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0 || verdicts.includes('cannot tell')) return verdicts.includes('does not hold') ? 'does not hold' : 'cannot tell'
  return verdicts.includes('does not hold') ? 'does not hold' : 'holds'
}

/** Bandwidth of a function in a cell. */
export function rateOf({ perFunction: { medianBitsPerSecond: median, interval } }: ReportCell): Figure | undefined {
  return median === null ? undefined : { median, interval }
}

export const because = (reasons: Report['warnings']): string =>
  reasons.length === 0 ? 'no reason was given' : reasons.map(({ code, message }) => `${message} [${code}]`).join(' ')

export const mbit = (bitsPerSecond: number | null | undefined): string =>
  bitsPerSecond == null ? 'an unknown rate' : `${(bitsPerSecond / 1e6).toPrecision(3)} Mbit/s`
export const times = (ratio: Ratio | undefined): string =>
  ratio === undefined ? 'an unknown factor' : `× ${ratio.value.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`
