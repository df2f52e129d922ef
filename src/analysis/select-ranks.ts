/** Smaller parts are sorted by the engine. */
const smallest = 48

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

/** Median of three values spread over the part; of three such medians where the part is large (Tukey's ninther). */
function middling(values: Float64Array, first: number, last: number): number {
  const half = (last - first) >> 1
  if (last - first < 1000) return middleOf(values, first, half)
  const step = half >> 2
  const [low, centre, high] = [first, first + half - step, last - 2 * step].map((from) => middleOf(values, from, step))
  return middle(low as number, centre as number, high as number)
}

const middleOf = (values: Float64Array, from: number, step: number): number =>
  middle(values[from] as number, values[from + step] as number, values[from + 2 * step] as number)

const middle = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
