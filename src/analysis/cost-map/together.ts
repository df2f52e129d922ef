/** When a chunk was under way. */
interface Span {
  readonly startMs: number
  readonly endMs: number
}

/**
 * How many chunks were under way at the same time, itself counted, on average over the time of all chunks: ∫k² dt ÷ ∫k dt, k under way at t.
 * @returns 1 where none took any time
 */
export function meanTogether(spans: readonly Span[]): number {
  const changes = spans.flatMap(({ startMs, endMs }) => [
    { atMs: startMs, by: 1 },
    { atMs: endMs, by: -1 },
  ])
  changes.sort((a, b) => a.atMs - b.atMs)
  let under = 0
  let sinceMs = changes[0]?.atMs ?? 0
  let [squares, sum] = [0, 0]
  for (const { atMs, by } of changes) {
    squares += under ** 2 * (atMs - sinceMs)
    sum += under * (atMs - sinceMs)
    under += by
    sinceMs = atMs
  }
  return sum > 0 ? squares / sum : 1
}
