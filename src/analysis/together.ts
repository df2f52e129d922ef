/** From when to when something was under way, in milliseconds. */
export interface TimeSpan {
  readonly startMs: number
  readonly endMs: number
}

/** How many were under way at the same time as each, itself counted, on average over the time of all: Σ k² dt ÷ Σ k dt; ≥ 1. */
export function meanTogether(spans: readonly TimeSpan[]): number {
  const steps = spans.flatMap(({ startMs, endMs }) => [
    { atMs: startMs, change: 1 },
    { atMs: endMs, change: -1 },
  ])
  steps.sort((a, b) => a.atMs - b.atMs || a.change - b.change)
  let underWay = 0
  let time = 0
  let weighted = 0
  let beforeMs = 0
  for (const { atMs, change } of steps) {
    time += underWay * (atMs - beforeMs)
    weighted += underWay * underWay * (atMs - beforeMs)
    underWay += change
    beforeMs = atMs
  }
  return time > 0 ? Math.max(1, weighted / time) : 1
}
