import type { Point } from './curve.ts'
import { pooledResiduals, resampled, robustPoints } from './curve-choice.ts'
import { scatter } from './curve-doubt.ts'
import { ascending } from './quantile.ts'
import type { Random } from './seeded-random.ts'
import type { Thresholds } from './thresholds.ts'

/** How victims and neighbours may share: not at all, each function counts once, or each of its streams counts. */
export type SharingUnit = 'isolated' | 'per-function' | 'per-flow'

/** Who runs in a cell. */
export interface Crowd {
  readonly victims: number
  /** Of each victim. */
  readonly ownStreams: number
  readonly neighbours: number
  /** Of each neighbour. */
  readonly streams: number
}

/** A cell with one number a round: the logarithm of a victim's rate. */
export interface CrowdLevel {
  readonly crowd: Crowd
  readonly values: readonly number[]
}

/**
 * A victim's rate ÷ its rate without neighbours, 0–1: weighted max-min shares of `headroom` times what the victims alone take, where no
 * function takes more than a victim alone. At headroom 1 (the victims alone fill the network) that is V·w ÷ (V·w + k·s), with weights
 * w = s = 1 per function and the numbers of streams per flow.
 */
export function victimShare(unit: SharingUnit, crowd: Crowd, headroom: number): number {
  const { victims, neighbours } = crowd
  const capacity = headroom * victims
  if (unit === 'isolated' || capacity >= victims + neighbours) return 1
  const [own, others] = unit === 'per-flow' ? [crowd.ownStreams, crowd.streams] : [1, 1]
  const perWeight = capacity / (victims * own + neighbours * others)
  if (perWeight * others > 1) return Math.min(1, Math.max(0, capacity - neighbours) / victims)
  return Math.min(1, perWeight * own)
}

export interface UnitFit {
  readonly unit: SharingUnit
  readonly headroom: number
  /** Logarithms of what it says about each level. */
  readonly predicted: readonly number[]
  /** Σ weight × error². */
  readonly misfit: number
}

/** The chosen unit, with what the bootstrap says about it. */
export interface UnitChoice extends UnitFit {
  /** Share of resamples that choose the same unit. */
  readonly confidence: number
  readonly rival: SharingUnit | undefined
  readonly lackOfFit: { readonly f: number; readonly largestError: number }
  /** Mean of (level − first level) over the other levels in the resamples, ascending. */
  readonly changes: Float64Array
}

type Selection = Pick<Thresholds, 'evidenceMargin' | 'effect' | 'unevenScatter' | 'resamples'>

/**
 * Chooses the unit of sharing as `chooseCurve` chooses a curve: a robust information criterion, a margin and an effect gate for the
 * models with a headroom of their own, a bootstrap of pooled residuals; a level that scatters far more than the others gets as much more.
 * @param levels - the victims alone first
 */
export function chooseUnit(levels: readonly CrowdLevel[], selection: Selection, random: Random): UnitChoice {
  const xs = levels.map((_, index) => index)
  const values = levels.map((level) => ascending(level.values))
  const candidates = candidatesFor(levels.map(({ crowd }) => crowd))
  const { points, variance } = robustPoints(xs, values)
  const fit = chosen(candidates, points, variance, selection)
  const pooled = pooledResiduals(points, values)
  const residuals = unevenness(levels, selection.unevenScatter).map((times) => pooled.map((residual) => times * residual))
  const votes = new Map<SharingUnit, number>()
  const changes: number[] = []
  for (let resample = 0; resample < selection.resamples; resample++) {
    const drawn = values.map((own, index) => resampled(own.length, (points[index] as Point).centre, residuals[index] as number[], random))
    const again = robustPoints(xs, drawn)
    const { unit } = chosen(candidates, again.points, again.variance, selection)
    votes.set(unit, (votes.get(unit) ?? 0) + 1)
    changes.push(meanChange(again.points))
  }
  const rivals = [...votes].filter(([unit]) => unit !== fit.unit).sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1))
  const largestError = points.reduce((most, { centre }, index) => Math.max(most, Math.abs(centre - (fit.predicted[index] as number))), 0)
  const parameters = fit.headroom === 1 ? 1 : 2
  return {
    ...fit,
    confidence: (votes.get(fit.unit) ?? 0) / selection.resamples,
    rival: rivals[0]?.[0],
    lackOfFit: { f: fit.misfit / (Math.max(1, points.length - parameters) * variance), largestError },
    changes: ascending(changes),
  }
}

/** How many times as much as the others each level scatters; 1 where that may be chance. */
function unevenness(levels: readonly CrowdLevel[], limit: number): readonly number[] {
  return levels.map((level) => {
    const times = scatter([level]) / scatter(levels.filter((other) => other !== level))
    return times > limit ? times : 1
  })
}

interface Candidate {
  readonly unit: SharingUnit
  readonly headroom: number
  /** Logarithms of the victim's share at each level. */
  readonly shares: readonly number[]
}

const headroomSteps = 24

/** Every unit at headroom 1, and those that share at headrooms up to the one at which nobody would notice. */
function candidatesFor(crowds: readonly Crowd[]): readonly Candidate[] {
  const most = crowds.reduce((largest, { victims, neighbours }) => Math.max(largest, (victims + neighbours) / victims), 1)
  const headrooms = Array.from({ length: headroomSteps }, (_, step) => most ** (step / headroomSteps))
  const units: readonly SharingUnit[] = ['isolated', 'per-function', 'per-flow']
  return units.flatMap((unit) =>
    (unit === 'isolated' ? [1] : headrooms).map((headroom) => ({
      unit,
      headroom,
      shares: crowds.map((crowd) => Math.log(victimShare(unit, crowd, headroom))),
    })),
  )
}

function chosen(candidates: readonly Candidate[], points: readonly Point[], variance: number, selection: Selection): UnitFit {
  const rounds = points.reduce((sum, { weight }) => sum + weight, 0)
  let simple: UnitFit | undefined
  let free: UnitFit | undefined
  for (const candidate of candidates) {
    const fit = fitted(candidate, points)
    if (candidate.headroom === 1) simple = simple === undefined || fit.misfit < simple.misfit ? fit : simple
    else free = free === undefined || fit.misfit < free.misfit ? fit : free
  }
  if (simple === undefined) throw new RangeError('no levels')
  if (free === undefined) return simple
  const gain = (simple.misfit - free.misfit) / variance - Math.log(rounds)
  const { predicted } = free
  const distance = simple.predicted.reduce((most, value, index) => Math.max(most, Math.abs(value - (predicted[index] as number))), 0)
  return gain > selection.evidenceMargin && distance > Math.log(1 + selection.effect) ? free : simple
}

/** Only the level of the whole is free: the victims' rate alone. */
function fitted({ unit, headroom, shares }: Candidate, points: readonly Point[]): UnitFit {
  let weights = 0
  let sum = 0
  for (const [index, { centre, weight }] of points.entries()) {
    weights += weight
    sum += weight * (centre - (shares[index] as number))
  }
  const alone = sum / weights
  const predicted = shares.map((share) => alone + share)
  const misfit = points.reduce((total, { centre, weight }, index) => total + weight * (centre - (predicted[index] as number)) ** 2, 0)
  return { unit, headroom, predicted, misfit }
}

function meanChange(points: readonly Point[]): number {
  const [alone, ...others] = points
  return others.reduce((sum, { centre }) => sum + centre, 0) / others.length - (alone as Point).centre
}
