/** Ascending copy. */
export function ascending(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort()
}

/**
 * Quantile of type 7 (Hyndman and Fan; the default of numpy and R).
 * @param sorted - ascending
 * @param level - 0–1
 * @returns null for an empty sample
 */
export function quantile(sorted: ArrayLike<number>, level: number): number | null {
  if (sorted.length === 0) return null
  const position = level * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (position - below)
}

/** Median of an ascending sample; the mean of the two middle values where their number is even. */
export function median(sorted: ArrayLike<number>): number | null {
  return quantile(sorted, 0.5)
}
