import type { Reason } from '../model/report.ts'
import { type CurveChoice, chooseShape, type Level } from './curve-choice.ts'
import { ascending, quantile } from './quantile.ts'
import type { Thresholds } from './thresholds.ts'

/**
 * Whether the power law with this exponent holds within a factor over the whole ladder: in 95 % of the resamples the fitted line
 * must stay within it between the first and the last level. A claim of equivalence, not of a test that found nothing.
 */
export function holdsWithin(factor: number, exponent: number, { slopes }: CurveChoice, levels: readonly Level[]): boolean {
  const range = (levels.at(-1)?.x ?? 0) - (levels[0]?.x ?? 0)
  const low = ((quantile(slopes, 0.025) ?? Number.NEGATIVE_INFINITY) - exponent) * range
  const high = ((quantile(slopes, 0.975) ?? Number.POSITIVE_INFINITY) - exponent) * range
  return low > -Math.log(factor) && high < Math.log(factor)
}

/** Median distances below a fifth of the default effect change no choice, however uneven. */
const negligibleScatter = 0.02

/** The bootstrap takes all levels to scatter alike: a verdict that hangs on a level which scatters far more is none. */
export function hangsOnNoise({ shape }: CurveChoice, levels: readonly Level[], thresholds: Thresholds): Reason | undefined {
  const steady = levels.filter((level) => {
    const others = levels.filter((other) => other !== level)
    return scatter([level]) <= thresholds.unevenScatter * scatter(others)
  })
  if (steady.length === levels.length || steady.length < 3) return undefined
  if (chooseShape(steady, thresholds) === shape) return undefined
  const message =
    'The rounds of some levels scatter far more than those of the others, and the verdict hangs on them. More rounds may help.'
  return { code: 'no-fit', message }
}

/** Median distance of the rounds from the median of their level. */
function scatter(levels: readonly Level[]): number {
  const distances = levels.flatMap(({ values }) => {
    const centre = quantile(ascending(values), 0.5) ?? 0
    // Where their number is odd the median itself is one of them.
    return [...ascending(values.map((value) => Math.abs(value - centre)))].slice(values.length % 2)
  })
  return Math.max(quantile(ascending(distances), 0.5) ?? 0, negligibleScatter)
}
