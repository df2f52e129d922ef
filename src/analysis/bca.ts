import { checkOptions, type OptionsSchema } from '../model/options.ts'
import { type Resampling, resampledBy, resampledMean, resampledMedian } from './bca-resampling.ts'
import { normalProbability, normalQuantile } from './normal-distribution.ts'
import { ascending, quantile } from './quantile.ts'
import { seededRandom } from './seeded-random.ts'

/** A function gets samples of the values, in any order, always in the same array: it must neither change nor keep it. */
export type BcaStatistic = 'mean' | 'median' | ((values: Float64Array) => number)

export interface BcaOptions {
  /** 0.5–0.999. Default 0.95. */
  readonly confidence?: number
  /** An integer, 1000–1,000,000. Default 10,000. */
  readonly resamples?: number
  /** Of the random numbers, an integer: the same values and options give the same interval. Default 1. */
  readonly seed?: number
}

export interface BcaInterval {
  readonly low: number
  readonly high: number
  readonly confidence: number
  readonly method: 'bca'
}

const optionsSchema: OptionsSchema = {
  type: 'object',
  properties: {
    confidence: { type: 'number', minimum: 0.5, maximum: 0.999, default: 0.95, description: '0.5–0.999. Default 0.95.' },
    resamples: { type: 'integer', minimum: 1000, maximum: 1_000_000, default: 10_000, description: '1000–1,000,000. Default 10,000.' },
    seed: { type: 'integer', default: 1, description: 'An integer. Default 1.' },
  },
  additionalProperties: false,
}

/**
 * From here on 95 % intervals of means and of medians cover at least 93 %, and those of the means of fewer values do not (simulated: normal
 * and lognormal values of cv 20 and 40 %, and with 5 % of them at 0.3 to 0.7 of their value).
 */
export const fewestValues = 50

/**
 * Bootstrap interval of any statistic of independent values, bias-corrected and accelerated (Efron, Better bootstrap confidence intervals,
 * 1987), with the conventions of SciPy: type-7 quantiles of the resamples, ties with the statistic count by half.
 *
 * For a mean and a median coverage is shown; for a function it is for its author to show: 95 % intervals of Jain's index of 50
 * lognormal values cover 89 % only. A median of fewer values has an exact interval, by order statistics. The intervals of the report are others.
 *
 * @param values - one a round, not one a function or an interval: values that depend on one another make it too narrow
 * @returns null below 50 values, where one is not finite, and where all resamples agree
 * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`
 */
export function bcaInterval(values: readonly number[], statistic: BcaStatistic, options: BcaOptions = {}): BcaInterval | null {
  const { confidence, resamples, seed } = checkOptions<Required<BcaOptions>>('bcaInterval()', options, optionsSchema)
  if (values.length < fewestValues || !values.every(Number.isFinite)) return null
  const sample = Float64Array.from(values)
  const random = seededRandom(seed)
  if (statistic === 'mean') return limits(resampledMean(sample, resamples, random), confidence)
  if (statistic === 'median') return limits(resampledMedian(sample, resamples, random), confidence)
  return limits(resampledBy(statistic, sample, resamples, random), confidence)
}

function limits({ value, withoutOne, resampled }: Resampling, confidence: number): BcaInterval | null {
  const bias = normalQuantile(shareBelow(resampled, value))
  const acceleration = skewness(withoutOne)
  if (!Number.isFinite(bias) || !Number.isFinite(acceleration)) return null
  const sorted = ascending(resampled)
  const end = (probability: number): number => {
    const z = bias + normalQuantile(probability)
    return quantile(sorted, normalProbability(bias + z / (1 - acceleration * z))) as number
  }
  return { low: end((1 - confidence) / 2), high: end((1 + confidence) / 2), confidence, method: 'bca' }
}

/** Values equal to the limit count by half. */
function shareBelow(values: Float64Array, limit: number): number {
  const below = values.reduce((count, value) => count + (value < limit ? 1 : value === limit ? 0.5 : 0), 0)
  return below / values.length
}

/** Of the jackknife: a sixth of Σ(m − x)³ ÷ (Σ(m − x)²)^1.5. */
function skewness(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (mean - value) ** 2, 0)
  return values.reduce((sum, value) => sum + (mean - value) ** 3, 0) / squares ** 1.5 / 6
}
