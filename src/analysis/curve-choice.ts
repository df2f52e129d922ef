import {
  type Curve,
  cappedFit,
  cappedPowerFit,
  constantFit,
  curveAt,
  curveDistance,
  inverseFit,
  kneeOf,
  type Point,
  powerFit,
} from './curve.ts'
import { ascending } from './quantile.ts'
import { robustCentre } from './robust-centre.ts'
import { pooledScale } from './robust-scale.ts'
import type { Random } from './seeded-random.ts'
import type { Thresholds } from './thresholds.ts'

/** One level of a factor: x, and one number a round (logarithms). Levels ascend in x. */
export interface Level {
  readonly x: number
  readonly values: readonly number[]
}

/** What a curve says in words that know no factor. `rising` is a power law with β < 0: no model of ours. */
export type Shape = 'constant' | 'inverse' | 'capped' | 'shallow' | 'steep' | 'capped-steep' | 'rising'

/** The chosen curve, with what the bootstrap says about it. */
export interface CurveChoice {
  readonly shape: Shape
  readonly curve: Curve
  /** Share of resamples that choose the same shape. */
  readonly confidence: number
  /** The shape that comes second in the resamples. */
  readonly rival: Shape | undefined
  /** `probability`: of an F as large where the curve is right, from the scatter of the centres in the resamples. */
  readonly lackOfFit: { readonly f: number; readonly probability: number; readonly largestError: number }
  /** x of the knee in the resamples of this shape, ascending; empty where it has none. */
  readonly knees: Float64Array
  /** Exponents of the power law in all resamples, ascending. */
  readonly slopes: Float64Array
}

type Selection = Pick<Thresholds, 'evidenceMargin' | 'effect' | 'resamples'>

/**
 * Chooses among the models by a robust information criterion, with an evidence margin and an effect gate, and says how sure the
 * choice is by a bootstrap of pooled residuals. The unit is the round: one number each.
 */
export function chooseCurve(levels: readonly Level[], selection: Selection, random: Random): CurveChoice {
  const values = levels.map((level) => ascending(level.values))
  const levelsX = levels.map(({ x }) => x)
  const { points, variance } = robustPoints(levelsX, values)
  const curve = chosen(points, variance, selection)
  const shape = shapeOf(curve)
  const residuals = pooledResiduals(points, values)
  const votes = new Map<Shape, number>()
  const knees: number[] = []
  const slopes: number[] = []
  const fit = lackOfFit(curve, points, variance)
  let worse = 0
  for (let resample = 0; resample < selection.resamples; resample++) {
    const drawn = values.map((own, index) => resampled(own.length, (points[index] as Point).centre, residuals, random))
    const again = robustPoints(levelsX, drawn)
    const rechosen = chosen(again.points, again.variance, selection)
    const name = shapeOf(rechosen)
    votes.set(name, (votes.get(name) ?? 0) + 1)
    if (name === shape && hasKnee(rechosen)) knees.push(kneeOf(rechosen))
    slopes.push(powerFit(again.points).slope)
    if (scatterOfCentres(again, points, curve.parameters) >= fit.f) worse++
  }
  const ranked = [...votes].sort(([a, votesA], [b, votesB]) => votesB - votesA || (a < b ? -1 : 1)).map(([name]) => name)
  return {
    shape,
    curve,
    confidence: (votes.get(shape) ?? 0) / selection.resamples,
    rival: ranked.find((name) => name !== shape),
    lackOfFit: { ...fit, probability: worse / selection.resamples },
    knees: ascending(knees),
    slopes: ascending(slopes),
  }
}

/** The shape alone, without a bootstrap. */
export function chooseShape(levels: readonly Level[], selection: Selection): Shape {
  const values = levels.map((level) => ascending(level.values))
  const { points, variance } = robustPoints(
    levels.map(({ x }) => x),
    values,
  )
  return shapeOf(chosen(points, variance, selection))
}

export const hasKnee = ({ model }: Curve): boolean => model === 'capped' || model === 'capped-power'

function chosen(points: readonly Point[], variance: number, { evidenceMargin, effect }: Selection): Curve {
  const rounds = points.reduce((sum, { weight }) => sum + weight, 0)
  const criterion = (curve: Curve): number => curve.misfit / variance + curve.parameters * Math.log(rounds)
  const better = (a: Curve, b: Curve): Curve => (criterion(b) < criterion(a) ? b : a)
  const differs = (a: Curve, b: Curve): boolean => curveDistance(a, b, points) > Math.log(1 + effect)
  const simple = better(constantFit(points), inverseFit(points))
  const complex = better(cappedFit(points), powerFit(points))
  if (!(criterion(simple) - criterion(complex) > evidenceMargin && differs(simple, complex))) return simple
  const both = cappedPowerFit(points)
  if (both === undefined || !(criterion(complex) - criterion(both) > evidenceMargin && differs(complex, both))) return complex
  return both
}

function shapeOf({ model, slope }: Curve): Shape {
  if (model === 'power') return slope > 1 ? 'steep' : slope > 0 ? 'shallow' : 'rising'
  return model === 'capped-power' ? 'capped-steep' : model
}

/** Below this rounds do not differ: logarithms of 0.1 %. */
export const leastScale = 1e-3

/** Centres of the levels, and 1.1 times the squared scale of the rounds around their medians (median absolute deviation). */
export function robustPoints(xs: readonly number[], values: readonly Float64Array[]): { points: Point[]; variance: number } {
  const scale = Math.max(pooledScale(values), leastScale)
  const points = values.map((own, index) => ({ x: xs[index] as number, centre: robustCentre(own, scale), weight: own.length }))
  return { points, variance: 1.1 * scale ** 2 }
}

export function pooledResiduals(points: readonly Point[], values: readonly Float64Array[]): number[] {
  return values.flatMap((own, index) => {
    const { centre } = points[index] as Point
    const inflation = Math.sqrt(own.length / Math.max(1, own.length - 1))
    return Array.from(own, (value) => (value - centre) * inflation)
  })
}

export function resampled(count: number, centre: number, residuals: readonly number[], random: Random): Float64Array {
  const drawn = new Float64Array(count)
  for (let index = 0; index < count; index++) drawn[index] = centre + (residuals[Math.floor(random() * residuals.length)] as number)
  return drawn.sort()
}

function lackOfFit(curve: Curve, points: readonly Point[], variance: number): Omit<CurveChoice['lackOfFit'], 'probability'> {
  const f = curve.misfit / (Math.max(1, points.length - curve.parameters) * variance)
  const largestError = points.reduce((largest, { x, centre }) => Math.max(largest, Math.abs(centre - curveAt(curve, x))), 0)
  return { f, largestError }
}

/** F of resampled centres around those they were drawn from, with as many degrees of freedom as the curve leaves. */
function scatterOfCentres({ points, variance }: ReturnType<typeof robustPoints>, around: readonly Point[], parameters: number): number {
  const free = Math.max(1, points.length - parameters)
  let misfit = 0
  for (let index = points.length - free; index < points.length; index++) {
    const { centre, weight } = points[index] as Point
    misfit += weight * (centre - (around[index] as Point).centre) ** 2
  }
  return misfit / (free * variance)
}
