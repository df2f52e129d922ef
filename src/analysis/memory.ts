import type { Bottleneck, MemoryFinding, MemoryVerdict, Reason } from '../model/report.ts'
import { type Cell, usedRounds } from './cell.ts'
import { kneeOf } from './curve.ts'
import { type CurveChoice, chooseCurve, type Level, type Shape } from './curve-choice.ts'
import { hangsOnNoise, largestDeparture } from './curve-doubt.ts'
import { judge, type VerdictContext } from './curve-verdict.ts'
import { type Blocking, hostDoubt, withoutHostEffects } from './host-blocks.ts'
import { seededRandom } from './seeded-random.ts'
import { plainTier } from './sharing.ts'
import type { Thresholds } from './thresholds.ts'
import { usableCells } from './usable-cells.ts'

/** What the shapes of a curve over ln(largest memory ÷ memory) are called. */
export const memoryVerdicts: Partial<Record<Shape, MemoryVerdict>> = {
  constant: 'flat',
  inverse: 'proportional',
  capped: 'saturating',
  shallow: 'sublinear',
}

/** A function that its CPU holds back is what this verdict is about; a saturated target or host is not. */
const notTheFunction: readonly Bottleneck[] = ['target', 'host']

/**
 * How the rate of a function depends on its memory, at one concurrency.
 * @param cells - the same concurrency, direction and other factors; memory known
 */
export function memoryFinding(cells: readonly Cell[], { experiment, thresholds }: VerdictContext): MemoryFinding {
  const { usable, reasons: obstacles } = usableCells(cells, notTheFunction, ({ memoryMb }) => `${memoryMb} MB`, thresholds)
  const reasons = [...obstacles]
  const { tier } = experiment.provider
  const few = usable.length < thresholds.minimumLevels
  if (few)
    reasons.push({ code: 'levels', message: `${usable.length} usable memory sizes; at least ${thresholds.minimumLevels} are needed.` })
  if (tier === 'plain') reasons.unshift(plainTier)
  if (tier === 'rootless') reasons.unshift(noQuota)
  const { concurrency, direction, factors } = cells[0] as Cell
  const refused: MemoryFinding = {
    concurrency,
    direction,
    factors,
    verdict: 'inconclusive',
    confidence: null,
    grade: null,
    saturationMemoryMb: null,
    lackOfFit: null,
    reasons,
  }
  if (few || tier === 'plain' || tier === 'rootless') return refused
  const { levels, largestMb, blocking } = memoryLadder(usable)
  const unblocked = hostDoubt(blocking)
  if (unblocked !== undefined) reasons.push(unblocked)
  if (blocking === 'confounded') return refused
  const choice = chooseCurve(levels, thresholds, seededRandom(thresholds.resamplingSeed))
  const { shape, grade, lackOfFit, reasons: doubts } = judge(choice, memoryVerdicts, thresholds)
  reasons.push(...doubts)
  const fitted = { ...refused, confidence: choice.confidence, lackOfFit }
  if (shape === undefined) return fitted
  const uneven = hangsOnNoise(choice, levels, thresholds)
  if (uneven !== undefined) return { ...fitted, reasons: [...reasons, uneven] }
  const bound = shape === 'constant' ? equivalence(choice, levels, lackOfFit.flagged, thresholds) : undefined
  if (bound !== undefined) reasons.push(bound.reason)
  if (bound?.withheld) return fitted
  const quota = usable.filter(({ bottleneck }) => bottleneck === 'cpu').map(({ memoryMb }) => `${memoryMb} MB`)
  if (quota.length > 0) reasons.push({ code: 'cpu-bound', message: `${quota.join(', ')}: the functions' own CPU quota set the rate.` })
  const saturationMemoryMb = shape === 'capped' ? largestMb / Math.exp(kneeOf(choice.curve)) : null
  const doubted = unblocked !== undefined || bound !== undefined
  return { ...fitted, verdict: memoryVerdicts[shape] ?? 'inconclusive', grade: doubted ? 'likely' : grade, saturationMemoryMb }
}

const noQuota: Reason = {
  code: 'tier',
  message: 'Rootless functions have no CPU quota: their memory size changes nothing that a cloud would change.',
}

/** x = ln(largest memory ÷ memory): from the largest to the smallest, so that less memory is what more functions are to sharing. */
function memoryLadder(cells: readonly Cell[]): { levels: readonly Level[]; largestMb: number; blocking: Blocking } {
  const descending = [...cells].sort((a, b) => (b.memoryMb ?? 0) - (a.memoryMb ?? 0))
  const largestMb = descending[0]?.memoryMb ?? 0
  const { values, blocking } = withoutHostEffects(
    descending.map((cell) =>
      usedRounds(cell).map(({ host, division }) => ({ host, value: Math.log(division.aggregate / division.rates.length) })),
    ),
  )
  return {
    levels: descending.map(({ memoryMb }, index) => ({ x: Math.log(largestMb / (memoryMb ?? 1)), values: values[index] ?? [] })),
    largestMb,
    blocking,
  }
}

/**
 * "Flat" is a claim of equivalence, not of a test that found nothing: in 95 % of the resamples the fitted line must stay within a
 * factor between the smallest and the largest memory. Within the effect there is nothing to add; up to `flatWithin` it is `likely`
 * only, with the bound; beyond it there is no verdict.
 */
function equivalence(
  choice: CurveChoice,
  levels: readonly Level[],
  flagged: boolean,
  { effect, flatWithin }: Thresholds,
): { readonly reason: Reason; readonly withheld: boolean } | undefined {
  const factor = largestDeparture(0, choice, levels)
  if (factor < 1 + effect && !flagged) return undefined
  const percent = Number.isFinite(factor) ? `${((factor - 1) * 100).toFixed(0)} %` : 'any size'
  const message = `No effect of memory stands out, but one of up to ${percent} cannot be ruled out. More rounds may help.`
  return { reason: { code: 'no-fit', message }, withheld: factor >= flatWithin || flagged }
}
