import type { Random } from './seeded-random.ts'

/** A number of the beta distribution: for whole a and b the a-th smallest of a + b − 1 uniform numbers. Both at least 1. */
export function betaRandom(a: number, b: number, random: Random): number {
  const first = gammaRandom(a, random)
  return first / (first + gammaRandom(b, random))
}

/** Marsaglia and Tsang, A simple method for generating gamma variables (2000); shape at least 1. */
function gammaRandom(shape: number, random: Random): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normalRandom(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Box and Muller. */
function normalRandom(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
