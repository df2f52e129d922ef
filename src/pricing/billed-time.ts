import type { BillingRule } from './price-book.ts'

/** When an execution was active, on a clock that is shared with others. */
export interface ActiveTime {
  readonly startMs: number
  readonly ms: number
}

/** What a duration becomes on the bill, in milliseconds: raised to the minimum, then rounded up to a whole number of steps. */
export function billedMs(ms: number, { minimumMs, stepMs }: BillingRule['time']): number {
  return Math.ceil(Math.max(ms, minimumMs) / stepMs) * stepMs
}

/** Lengths of the times in which at least one execution was active, in milliseconds: those that overlap or touch make one. */
export function activePeriods(executions: readonly ActiveTime[]): readonly number[] {
  const periods: { startMs: number; endMs: number; ms: number }[] = []
  for (const { startMs, ms } of [...executions].sort((a, b) => a.startMs - b.startMs)) {
    const last = periods.at(-1)
    const endMs = startMs + ms
    if (last === undefined || startMs > last.endMs) periods.push({ startMs, endMs, ms })
    else if (endMs > last.endMs) Object.assign(last, { endMs, ms: endMs - last.startMs })
  }
  return periods.map(({ ms }) => ms)
}
