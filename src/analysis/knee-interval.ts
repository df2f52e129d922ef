import { kneeOf } from './curve.ts'
import { type CurveChoice, leastScale } from './curve-choice.ts'
import { quantile } from './quantile.ts'
import type { Thresholds } from './thresholds.ts'

/**
 * 95 % interval of the knee, on the scale of x. The percentiles are those of a nominal 99 %: medians of few rounds make the nominal 95 % cover
 * only 87 to 95 %, the nominal 99 % cover 96 to 99 % (simulated for 3 to 30 rounds and noise of 5 to 40 %). Never narrower than rounds are
 * taken to scatter.
 * @returns undefined where the curve is off by more than the rounds scatter: an interval would tell of the scatter only
 */
export function kneeInterval(
  { curve, knees, lackOfFit }: CurveChoice,
  { misfitProbability }: Pick<Thresholds, 'misfitProbability'>,
): { readonly low: number; readonly high: number } | undefined {
  const fitsWell = lackOfFit.probability >= misfitProbability || lackOfFit.largestError < leastScale
  const [low, high] = [quantile(knees, 0.005), quantile(knees, 0.995)]
  if (!fitsWell || low === null || high === null) return undefined
  const knee = kneeOf(curve)
  return { low: Math.min(low, knee - leastScale), high: Math.max(high, knee + leastScale) }
}
