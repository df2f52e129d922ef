import { quantile } from './quantile.ts'
import { selectRanks } from './select-ranks.ts'

/** Standard deviation of the rounds around the medians of their levels, from the median absolute deviation of all. */
export function pooledScale(values: readonly Float64Array[]): number {
  let count = 0
  for (const own of values) count += own.length
  const deviations = new Float64Array(count)
  let next = 0
  let exactZeros = 0
  let correction = 0
  for (const own of values) {
    const median = quantile(own, 0.5) as number
    for (const value of own) deviations[next++] = Math.abs(value - median)
    exactZeros += own.length % 2 // the median itself, where their number is odd
    correction += (own.length * smallSample(own.length)) / count
  }
  const middle = exactZeros + (count - exactZeros - 1) / 2
  selectRanks(deviations, [Math.floor(middle), Math.ceil(middle)])
  return 1.4826 * (quantile(deviations.subarray(exactZeros), 0.5) ?? 0) * correction
}

/**
 * What a median absolute deviation of so few values must be multiplied by, so that misfit ÷ scale² is right on average for normal
 * values (simulated, 4 to 6 levels). The two middle ones of an even number are always equally far from their median.
 */
function smallSample(count: number): number {
  return count % 2 === 0 ? 1 + 1.6 / count + 4 / count ** 2 : 1 + 0.36 / count
}
