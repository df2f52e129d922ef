import type { CostMapKnee } from '../../model/cost-map.ts'
import type { Reason } from '../../model/report.ts'
import { kneeOf } from '../curve.ts'
import { chooseCurve, hasKnee, type Level, type Shape } from '../curve-choice.ts'
import { hangsOnNoise } from '../curve-doubt.ts'
import { judge } from '../curve-verdict.ts'
import { hostDoubt, withoutHostEffects } from '../host-blocks.ts'
import { kneeInterval } from '../knee-interval.ts'
import { memoryVerdicts } from '../memory.ts'
import { seededRandom } from '../seeded-random.ts'
import { sharingVerdicts } from '../sharing.ts'
import type { Thresholds } from '../thresholds.ts'
import { alikeCells, type WorkCell } from './work-cell.ts'

/** Cells that differ in one thing only, along which the knee is looked for. */
interface Ladder {
  readonly place: Pick<CostMapKnee, 'along' | 'memoryMb' | 'concurrency' | 'factors'>
  /** In ascending x. */
  readonly cells: readonly WorkCell[]
  readonly x: (cell: WorkCell) => number
  readonly names: Partial<Record<Shape, CostMapKnee['verdict']>>
  /** From x of the fit to functions or MB. */
  readonly value: (x: number) => number
}

/** Where chunks begin to take longer along concurrency, for each memory size; and where more memory no longer makes them faster. */
export function kneesOf(cells: readonly WorkCell[], thresholds: Thresholds): readonly CostMapKnee[] {
  return ladders(cells).map((ladder) => knee(ladder, thresholds))
}

function ladders(cells: readonly WorkCell[]): readonly Ladder[] {
  return alikeCells(cells).flatMap((alike) => {
    const sizes = [...new Set(alike.map(({ memoryMb }) => memoryMb))]
    const crowds = [...new Set(alike.map(({ concurrency }) => concurrency))]
    const along = (size: number | null): Ladder => ({
      place: { along: 'concurrency', memoryMb: size, concurrency: null, factors: alike[0]?.factors ?? {} },
      cells: alike.filter(({ memoryMb }) => memoryMb === size),
      x: ({ concurrency }) => Math.log(concurrency),
      names: sharingVerdicts,
      value: Math.exp,
    })
    return [...(crowds.length > 1 ? sizes.map(along) : []), ...crowds.flatMap((n) => memoryLadder(alike, n))]
  })
}

/** As in the verdicts on memory: less memory is what more functions are to sharing. */
function memoryLadder(alike: readonly WorkCell[], n: number): readonly Ladder[] {
  const sized = alike.filter(({ concurrency, memoryMb }) => concurrency === n && memoryMb !== null)
  const size = ({ memoryMb }: WorkCell): number => memoryMb ?? 0
  const cells = [...sized].sort((a, b) => size(b) - size(a))
  const [largest] = cells
  if (largest === undefined || cells.length < 2) return []
  return [
    {
      place: { along: 'memory', memoryMb: null, concurrency: n, factors: largest.factors },
      cells,
      x: (cell) => Math.log(size(largest) / size(cell)),
      names: memoryVerdicts,
      value: (x) => size(largest) / Math.exp(x),
    },
  ]
}

/** One number a round: ln of the rate of its chunks. */
function knee({ place, cells, x, names, value }: Ladder, thresholds: Thresholds): CostMapKnee {
  const usable = cells.filter(({ rounds }) => rounds.length >= thresholds.minimumRounds)
  const none: CostMapKnee = {
    ...place,
    verdict: 'inconclusive',
    confidence: null,
    grade: null,
    value: null,
    low: null,
    high: null,
    reasons: [],
  }
  const withheld = (reason: Reason): CostMapKnee => ({ ...none, reasons: [reason] })
  if (usable.length < thresholds.minimumLevels) {
    const message = `${usable.length} levels with ${thresholds.minimumRounds} used rounds; at least ${thresholds.minimumLevels} are needed.`
    return withheld({ code: 'levels', message })
  }
  const { values, blocking } = withoutHostEffects(
    usable.map(({ rounds }) => rounds.map(({ host, aggregatedMs }) => ({ host, value: -Math.log(aggregatedMs) }))),
  )
  const unblocked = hostDoubt(blocking)
  if (blocking === 'confounded' && unblocked !== undefined) return withheld(unblocked)
  const levels: readonly Level[] = usable.map((cell, index) => ({ x: x(cell), values: values[index] ?? [] }))
  const choice = chooseCurve(levels, thresholds, seededRandom(thresholds.resamplingSeed))
  const { shape, grade, reasons: doubts } = judge(choice, names, thresholds)
  const uneven = shape === undefined ? undefined : hangsOnNoise(choice, levels, thresholds)
  const fitted = { ...none, confidence: choice.confidence, reasons: [unblocked ?? [], doubts, uneven ?? []].flat() }
  if (shape === undefined || uneven !== undefined) return fitted
  const verdict = {
    ...fitted,
    verdict: names[shape] ?? ('inconclusive' as const),
    grade: unblocked === undefined ? grade : ('likely' as const),
  }
  if (!hasKnee(choice.curve)) return verdict
  const at = kneeOf(choice.curve)
  const interval = kneeInterval(choice, thresholds)
  const ends = interval === undefined ? [] : [value(interval.low), value(interval.high)].sort((a, b) => a - b)
  return { ...verdict, value: value(at), low: ends[0] ?? null, high: ends[1] ?? null }
}
