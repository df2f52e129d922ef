/** Smaller parts are sorted by the engine. */
const smallest = 1024

/**
 * Moves values so that each of the ranks holds what it would hold in ascending order: what quantiles need of a sort, in a third of its time
 * (quickselect for several ranks, Hoare's partition).
 * @param ranks - ascending, each within `values`
 */
export function selectRanks(values: Float64Array, ranks: readonly number[]): void {
  // A bad run of pivots ends in a sort, so that no order of the values takes quadratic time.
  select(values, ranks, 0, values.length - 1, 2 * Math.ceil(Math.log2(values.length + 1)))
}

function select(values: Float64Array, ranks: readonly number[], first: number, last: number, partitions: number): void {
  if (ranks.length === 0) return
  if (last - first < smallest || partitions === 0) {
    values.subarray(first, last + 1).sort()
    return
  }
  const split = partition(values, first, last)
  const right = ranks.findIndex((rank) => rank > split)
  const lower = right === -1 ? ranks : ranks.slice(0, right)
  select(values, lower, first, split, partitions - 1)
  if (right !== -1) select(values, ranks.slice(right), split + 1, last, partitions - 1)
}

/** @returns the last place of the lower part: no value up to it is above any value after it */
function partition(values: Float64Array, first: number, last: number): number {
  const pivot = middling(values, first, last)
  let low = first - 1
  let high = last + 1
  for (;;) {
    do low++
    while ((values[low] as number) < pivot)
    do high--
    while ((values[high] as number) > pivot)
    if (low >= high) return Math.min(high, last - 1)
    const swapped = values[low] as number
    values[low] = values[high] as number
    values[high] = swapped
  }
}

/** Median of nine values spread over the part. */
function middling(values: Float64Array, first: number, last: number): number {
  const step = (last - first) >> 3
  const nine = Float64Array.from({ length: 9 }, (_, index) => values[first + index * step] as number)
  return nine.sort()[4] as number
}
