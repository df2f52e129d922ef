import type { Random } from '../analysis/seeded-random.ts'

/** A standard normal deviate (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Factors with mean of logarithms 0 and this coefficient of variation. */
export function lognormal(random: Random, cv: number): number {
  return Math.exp(Math.sqrt(Math.log(1 + cv * cv)) * normal(random))
}
