/** What one of many numbers that are equal within a tolerance may be taken for. */
export interface TolerantPlace {
  /** Numbers of two chains differ by more than the tolerance, however one goes from one to the other. */
  readonly chain: number
  /** Members of a group are all equal to the same others; undefined: equal to numbers that differ from each other, so to nobody for sure. */
  readonly group: number | undefined
}

/**
 * Equality within a tolerance is not transitive: a chain of small steps would link its ends. A number belongs to a group only where
 * all that it equals equal each other.
 *
 * @param tolerance - two numbers that differ by no more are equal
 * @returns in the order of `values`
 */
export function placeWithin(values: readonly number[], tolerance: number): TolerantPlace[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const sorted = order.map((index) => values[index] ?? 0)
  const places = new Array<TolerantPlace>(values.length)
  let chain = 0
  let group = -1
  let window = ''
  let first = 0
  let last = 0
  for (const [at, value] of sorted.entries()) {
    if (at > 0 && value - (sorted[at - 1] ?? 0) > tolerance) chain++
    while (value - (sorted[first] ?? 0) > tolerance) first++
    while (last + 1 < sorted.length && (sorted[last + 1] ?? 0) - value <= tolerance) last++
    const clear = (sorted[last] ?? 0) - (sorted[first] ?? 0) <= tolerance
    if (clear && window !== `${first}-${last}`) {
      window = `${first}-${last}`
      group++
    }
    places[order[at] ?? 0] = { chain, group: clear ? group : undefined }
  }
  return places
}
