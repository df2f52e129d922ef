import type { CommonSeries } from './common-series.ts'

/** Steps before the fall, in between, and after it at most: more would be a steady part (`findDrop`). */
const leastBefore = 3
const between = 1
const mostAfter = 5
/** The rate before ÷ every step after. */
const clearFall = 2
/** Standard deviations of one step before the fall. */
const clearDistance = 5

/** Whether the rate fell so shortly before the end that nothing tells where it would have settled: two steps at least, all below half. */
export function fallsLate({ bytes }: CommonSeries): boolean {
  for (let after = 2; after <= mostAfter; after++) {
    const before = bytes.subarray(Math.floor(bytes.length / 4), bytes.length - after - between)
    if (before.length < leastBefore) return false
    const mean = before.reduce((sum, moved) => sum + moved, 0) / before.length
    const variance = before.reduce((sum, moved) => sum + (moved - mean) ** 2, 0) / (before.length - 1)
    const highest = Math.max(...bytes.subarray(bytes.length - after))
    if (mean >= clearFall * highest && mean - highest >= clearDistance * Math.sqrt(variance)) return true
  }
  return false
}
