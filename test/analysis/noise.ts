import type { Level } from '../../src/analysis/curve-choice.ts'
import { ascending, median } from '../../src/analysis/quantile.ts'
import type { Random } from '../../src/analysis/seeded-random.ts'
import { lognormal, normal } from '../../src/testing/noise.ts'

export { lognormal, normal }

export const grid: readonly number[] = [1, 2, 4, 8, 16, 26]

export interface Noise {
  readonly rounds: number
  /** Of one function, half of its variance common to the round. */
  readonly cv: number
  /** Probability that a whole round is 0.3 to 0.7 times as fast. Default 0.05. */
  readonly contamination?: number
}

/** Rates of the n functions of one round around `centre`. */
export function noisyRound(centre: number, n: number, { cv, contamination = 0.05 }: Noise, random: Random): number[] {
  const deviation = Math.sqrt(Math.log(1 + cv * cv) / 2)
  const common = deviation * normal(random) + Math.log(slowRound(contamination, random))
  return Array.from({ length: n }, () => centre * Math.exp(common + deviation * normal(random)))
}

/** Factor of a round that a noisy neighbour may have slowed down. */
export const slowRound = (contamination: number, random: Random): number => (random() < contamination ? 0.3 + 0.4 * random() : 1)

/** A ladder of concurrency: one number a round, the median function or the mean one. */
export function noisyLadder(curve: (n: number) => number, noise: Noise, random: Random, take: 'median' | 'mean' = 'mean'): Level[] {
  return grid.map((n) => ({
    x: Math.log(n),
    values: Array.from({ length: noise.rounds }, () => {
      const rates = noisyRound(curve(n), n, noise, random)
      return Math.log(take === 'mean' ? rates.reduce((sum, rate) => sum + rate, 0) / n : (median(ascending(rates)) as number))
    }),
  }))
}
