/** What a configuration takes: both are better when smaller. */
export interface Outlay {
  readonly responseMs: number
  /** US dollars. */
  readonly usd: number
}

/**
 * Those that no other one beats: none takes less of one and no more of the other. By rising response time, then falling cost; of equals all
 * stay.
 */
export function paretoFront<Point extends Outlay>(points: readonly Point[]): readonly Point[] {
  const byTime = [...points].sort((a, b) => a.responseMs - b.responseMs || a.usd - b.usd)
  const front: Point[] = []
  for (const point of byTime) {
    const last = front.at(-1)
    const equal = last !== undefined && last.usd === point.usd && last.responseMs === point.responseMs
    if (last === undefined || point.usd < last.usd || equal) front.push(point)
  }
  return front
}

/**
 * By how many per cent the time falls for one per cent more cost, from one point of the front to the next faster one: −Δln time ÷ Δln cost.
 * @returns null where both take the same, or one of them nothing
 */
export function elasticity(slower: Outlay, faster: Outlay): number | null {
  const change = Math.log(slower.responseMs / faster.responseMs) / Math.log(faster.usd / slower.usd)
  return Number.isFinite(change) ? change : null
}
