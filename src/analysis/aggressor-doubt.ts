import type { Reason } from '../model/report.ts'
import { type CrowdLevel, type SharingUnit, type UnitChoice, victimShare } from './aggressor-model.ts'
import { quantile } from './quantile.ts'
import type { Thresholds } from './thresholds.ts'

/** Why there is no verdict. */
export function withheld(choice: UnitChoice, levels: readonly CrowdLevel[], thresholds: Thresholds): Reason | undefined {
  const { unit, confidence, rival, lackOfFit } = choice
  const alike = indistinct(choice, levels, thresholds.equivalentShares)
  if (alike !== undefined) {
    const hint = alike === 'isolated' || unit === 'isolated' ? 'more neighbours' : "neighbours with more streams than the victims'"
    return { code: 'levels', message: `At these levels ${unit} and ${alike} say nearly the same: measure ${hint}.` }
  }
  if (confidence < thresholds.likely) {
    const share = (confidence * 100).toFixed(0)
    const message = `Nothing stands out: ${unit} in ${share} % of resamples${rival === undefined ? '' : `, next ${rival}`}. More rounds may help.`
    return { code: 'no-fit', message }
  }
  if (lackOfFit.f > thresholds.severeLackOfFit && lackOfFit.largestError > tolerance(choice, thresholds)) {
    return { code: 'no-fit', message: `No model fits: the best one, ${unit}, is off by ${factor(lackOfFit.largestError)} at one cell.` }
  }
  if (unit !== 'isolated') return undefined
  return notIsolated(choice, thresholds)
}

/** No change that is sure at 95 % (above the effect), and equivalence. */
function notIsolated({ changes }: UnitChoice, { isolatedLoss, equivalentShares, effect }: Thresholds): Reason | undefined {
  const [low, high] = [0.025, 0.975].map((level) => quantile(changes, level) ?? 0) as [number, number]
  const small = Math.log(1 + effect)
  if (high < -small || low > small) {
    const what = high < 0 ? 'lose something, but less than sharing would cost them' : 'gain from their neighbours'
    return { code: 'no-fit', message: `The victims ${what}: no model says so.` }
  }
  if (possibleLoss(changes) < isolatedLoss && oneSided(changes, 0.95) < Math.log(equivalentShares)) return undefined
  return boundOf(changes)
}

/** What "isolated" leaves open: above `firmLoss` it must be said. */
export function openLoss({ unit, changes }: UnitChoice, { firmLoss }: Thresholds): Reason | undefined {
  return unit === 'isolated' && possibleLoss(changes) >= firmLoss ? boundOf(changes) : undefined
}

function boundOf(changes: Float64Array): Reason {
  const bound = `a loss of up to ${(possibleLoss(changes) * 100).toFixed(0)} %`
  return { code: 'no-fit', message: `No cost of neighbours stands out, but ${bound} cannot be ruled out. More rounds may help.` }
}

/** The two one-sided tests of equivalence at 5 % are a 90 % interval of the mean change. */
const oneSided = (changes: Float64Array, level: 0.05 | 0.95): number => quantile(changes, level) ?? Number.NaN
const possibleLoss = (changes: Float64Array): number => Math.max(0, -Math.expm1(oneSided(changes, 0.05)))

/** A unit that says much may be off by more: a quarter of the largest fall that it predicts, on the logarithmic scale. */
function tolerance({ predicted }: UnitChoice, { severeMisfit }: Thresholds): number {
  return Math.max(Math.log(1 + severeMisfit), (Math.max(...predicted) - Math.min(...predicted)) / 4)
}

/** Another unit that differs from the chosen one by less than a factor at every level. */
function indistinct({ unit, headroom }: UnitChoice, levels: readonly CrowdLevel[], least: number): SharingUnit | undefined {
  const units: readonly SharingUnit[] = ['isolated', 'per-function', 'per-flow']
  const apart = (other: SharingUnit): number =>
    levels.reduce((most, { crowd }) => {
      const ratio = victimShare(unit, crowd, headroom) / victimShare(other, crowd, headroom)
      return Math.max(most, ratio, 1 / ratio)
    }, 1)
  return units.find((other) => other !== unit && apart(other) < least)
}

const factor = (log: number): string => `a factor of ${Math.exp(log).toFixed(2)}`
