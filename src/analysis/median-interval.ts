import type { ReportInterval } from '../model/report.ts'
import { twoSidedQuantile } from './compare/student-t.ts'
import { ascending, median } from './quantile.ts'

/**
 * 95 % interval of a median.
 *
 * From 6 values on by order statistics: free of any assumption about the distribution, coverage at least 95 % (Hahn and Meeker,
 * Statistical Intervals). With 3 to 5 values even the smallest and the largest one cover the median in less than 95 %: there it is
 * Student's interval of the logarithms, which takes rates for lognormal.
 * @returns null below 3 values, and below 6 where one of them is not above 0
 */
export function medianInterval(values: readonly number[]): ReportInterval | null {
  const rank = lowRank(values.length)
  if (rank === 0) return logInterval(values)
  const sorted = ascending(values)
  return {
    low: sorted[rank - 1] as number,
    high: sorted[values.length - rank] as number,
    confidence: 0.95,
    method: 'order-statistic',
  }
}

function logInterval(values: readonly number[]): ReportInterval | null {
  if (values.length < 3 || values.some((value) => value <= 0)) return null
  const t = twoSidedQuantile(0.05, values.length - 1)
  const logs = values.map(Math.log)
  const centre = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / (logs.length - 1)
  const half = t * Math.sqrt(variance / logs.length)
  const middle = median(ascending(values)) as number
  // Rounds that do not differ: logarithms and back are off by a rounding error, and the interval must hold its median all the same.
  return {
    low: Math.min(Math.exp(centre - half), middle),
    high: Math.max(Math.exp(centre + half), middle),
    confidence: 0.95,
    method: 't-log',
  }
}

/** Largest k with P(Binomial(n, ½) < k) ≤ 2.5 %; 0 where there is none. */
function lowRank(n: number): number {
  const middle = Math.floor(n / 2)
  // Binomial weights relative to the middle one, so that nothing underflows.
  const weights = new Float64Array(middle + 1)
  weights[middle] = 1
  for (let k = middle; k > 0; k--) weights[k - 1] = ((weights[k] as number) * k) / (n - k + 1)
  const half = weights.reduce((sum, weight) => sum + weight, 0)
  const total = n % 2 === 0 ? 2 * half - 1 : 2 * half
  let below = 0
  for (let k = 0; k <= middle; k++) {
    below += weights[k] as number
    if (below > 0.025 * total) return k
  }
  return middle
}
