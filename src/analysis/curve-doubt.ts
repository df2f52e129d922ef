import type { Reason } from '../model/report.ts'
import { type CurveChoice, chooseShape, type Level } from './curve-choice.ts'
import { ascending, quantile } from './quantile.ts'
import type { Thresholds } from './thresholds.ts'

/**
 * The factor by which the power law with this exponent may be off from the first level to the last, for all that 95 % of the
 * resamples say. A bound for a claim of equivalence, which a test that found nothing does not give.
 */
export function largestDeparture(exponent: number, { slopes }: CurveChoice, levels: readonly Level[]): number {
  const range = (levels.at(-1)?.x ?? 0) - (levels[0]?.x ?? 0)
  const below = exponent - (quantile(slopes, 0.05) ?? Number.NEGATIVE_INFINITY)
  const above = (quantile(slopes, 0.95) ?? Number.POSITIVE_INFINITY) - exponent
  return Math.exp(Math.max(below, above) * range)
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
export function scatter(levels: readonly Pick<Level, 'values'>[]): number {
  const distances = levels.flatMap(({ values }) => {
    const centre = quantile(ascending(values), 0.5) ?? 0
    // Where their number is odd the median itself is one of them.
    return [...ascending(values.map((value) => Math.abs(value - centre)))].slice(values.length % 2)
  })
  return Math.max(quantile(ascending(distances), 0.5) ?? 0, negligibleScatter)
}
