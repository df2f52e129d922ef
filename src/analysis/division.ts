/** Measures of how fairly one total was divided over n functions. All are free of scale; see `fairness` in the report. */

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Variance (n − 1) ÷ squared mean. */
function squaredVariation(rates: readonly number[]): number | null {
  const mean = sum(rates) / rates.length
  if (rates.length < 2 || mean === 0) return null
  return sum(rates.map((rate) => (rate - mean) ** 2)) / (rates.length - 1) / mean ** 2
}

/** Jain's index (Σx)² ÷ (n Σx²), in [1/n, 1]; k/n when k of n share equally. Null when nothing moved. */
export function jain(rates: readonly number[]): number | null {
  const squares = sum(rates.map((rate) => rate * rate))
  return squares === 0 ? null : sum(rates) ** 2 / (rates.length * squares)
}

/** Jain's index without its bias at small n: 1 ÷ (1 + s²/x̄²), s² with n − 1, over all rounds given. Null below two functions. */
export function correctedJain(rounds: readonly (readonly number[])[]): number | null {
  const variations = rounds.map(squaredVariation)
  if (rounds.length === 0 || variations.includes(null)) return null
  return 1 / (1 + sum(variations as number[]) / rounds.length)
}

/** Smallest rate ÷ mean rate, in [0, 1]: sees a starved function where Jain's index does not. */
export function worstToFair(rates: readonly number[]): number | null {
  const total = sum(rates)
  return total === 0 ? null : (Math.min(...rates) * rates.length) / total
}

/** Largest ÷ smallest rate. Null when the smallest is 0. */
export function maxToMin(rates: readonly number[]): number | null {
  const smallest = Math.min(...rates)
  return rates.length === 0 || smallest === 0 ? null : Math.max(...rates) / smallest
}

/** Gini coefficient, in [0, 1 − 1/n]. */
export function gini(rates: readonly number[]): number | null {
  const total = sum(rates)
  if (total === 0) return null
  const n = rates.length
  const weighted = [...rates].sort((a, b) => a - b).map((rate, index) => (2 * (index + 1) - n - 1) * rate)
  return sum(weighted) / (n * total)
}
