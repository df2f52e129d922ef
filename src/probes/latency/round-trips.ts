/** A small message and how long its answer took. */
export interface Ping {
  /** On the common clock. */
  readonly sentAtMs: number
  /** Absent where no answer came. */
  readonly rttMs?: number
}

/**
 * Figures of the round trips, by name. A ping without an answer counts as longer than all others, so that long ones do not vanish; a
 * figure that would rest on one is absent. Quantiles are of type 7 (Hyndman and Fan).
 */
export function describeRoundTrips(pings: readonly Ping[]): Readonly<Record<string, number>> {
  const sorted = lengths(pings)
  const figures = {
    rttMs: quantile(sorted, 0.5),
    rttP95Ms: quantile(sorted, 0.95),
    rttMinMs: quantile(sorted, 0),
    rttMaxMs: quantile(sorted, 1),
    pings: pings.length,
    pingsLost: pings.filter(({ rttMs }) => rttMs === undefined).length,
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)))
}

/** Undefined where half of the pings or more were not answered. */
export function medianRtt(pings: readonly Ping[]): number | undefined {
  const median = quantile(lengths(pings), 0.5)
  return Number.isFinite(median) ? median : undefined
}

const lengths = (pings: readonly Ping[]): readonly number[] =>
  pings.map(({ rttMs = Number.POSITIVE_INFINITY }) => rttMs).sort((a, b) => a - b)

/** NaN for none; infinite where it rests on an infinite value. */
function quantile(sorted: readonly number[], level: number): number {
  const position = level * (sorted.length - 1)
  const [low = Number.NaN, high = low] = sorted.slice(Math.floor(position), Math.floor(position) + 2)
  const share = position % 1
  return share === 0 ? low : low + (high - low) * share
}
