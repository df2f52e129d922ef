import { betaRandom } from './beta-random.ts'
import { ascending, median } from './quantile.ts'
import type { Random } from './seeded-random.ts'

/** What a statistic is for a sample, for the sample without each of its values in turn, and for resamples. */
export interface Resampling {
  readonly value: number
  readonly withoutOne: Float64Array
  readonly resampled: Float64Array
}

export function resampledMean(values: Float64Array, resamples: number, random: Random): Resampling {
  const n = values.length
  const sum = values.reduce((total, value) => total + value, 0)
  const resampled = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    let drawn = 0
    for (let draw = 0; draw < n; draw++) drawn += values[Math.floor(random() * n)] as number
    resampled[resample] = drawn / n
  }
  return { value: sum / n, withoutOne: values.map((value) => (sum - value) / (n - 1)), resampled }
}

/**
 * Draws nothing but the middle of each resample: of n uniform draws from the ranks of the sorted sample, the k-th smallest is a number of the
 * beta distribution, and the one after it the smallest of the n − k that are above.
 */
export function resampledMedian(values: Float64Array, resamples: number, random: Random): Resampling {
  const sorted = ascending(values)
  const n = sorted.length
  const k = Math.ceil(n / 2)
  const at = (share: number): number => sorted[Math.floor(share * n)] as number
  const resampled = Float64Array.from({ length: resamples }, () => {
    const middle = betaRandom(k, n + 1 - k, random)
    if (n % 2 === 1) return at(middle)
    return (at(middle) + at(1 - (1 - middle) * (1 - random()) ** (1 / (n - k)))) / 2
  })
  return { value: median(sorted) as number, withoutOne: sorted.map((_, left) => medianWithout(sorted, left)), resampled }
}

/** Any other statistic, which gets the same array each time, filled anew. */
export function resampledBy(
  statistic: (values: Float64Array) => number,
  values: Float64Array,
  resamples: number,
  random: Random,
): Resampling {
  const n = values.length
  const sample = new Float64Array(n)
  const resampled = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    for (let draw = 0; draw < n; draw++) sample[draw] = values[Math.floor(random() * n)] as number
    resampled[resample] = statistic(sample)
  }
  const withoutOne = values.map((_, left) => statistic(values.filter((_value, index) => index !== left)))
  return { value: statistic(values.slice()), withoutOne, resampled }
}

function medianWithout(sorted: Float64Array, left: number): number {
  const at = (rank: number): number => sorted[rank < left ? rank : rank + 1] as number
  const middle = (sorted.length - 2) / 2
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2
}
