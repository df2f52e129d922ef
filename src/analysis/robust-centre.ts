import { quantile } from './quantile.ts'

/** Distances, in scales, from which on a value has no weight. 6 loses 2 % against the mean where nothing is wrong; the median 36 %. */
const rejection = 6
const steps = 3

/**
 * Centre of a sample that a few wild values do not move: Tukey's bisquare from the median on (Maronna and others, Robust
 * Statistics). Better than the median, which throws away a third of what the rounds say.
 * @param sorted - ascending, not empty
 * @param scale - standard deviation without the wild values, known from more than this sample
 */
export function robustCentre(sorted: ArrayLike<number>, scale: number): number {
  let centre = quantile(sorted, 0.5) as number
  for (let step = 0; step < steps; step++) {
    let sum = 0
    let weights = 0
    for (let index = 0; index < sorted.length; index++) {
      const distance = ((sorted[index] as number) - centre) / (rejection * scale)
      if (Math.abs(distance) >= 1) continue
      const weight = (1 - distance * distance) ** 2
      sum += weight * distance
      weights += weight
    }
    if (weights > 0) centre += (rejection * scale * sum) / weights
  }
  return centre
}
