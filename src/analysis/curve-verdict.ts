import type { ExperimentRecord } from '../model/journal-record.ts'
import type { Grade, Reason } from '../model/report.ts'
import type { CurveChoice, Shape } from './curve-choice.ts'
import type { Thresholds } from './thresholds.ts'

/** What every verdict needs to know. */
export interface VerdictContext {
  readonly experiment: ExperimentRecord
  readonly thresholds: Thresholds
  /** Instances that only contention for the network has put on one host. */
  readonly byNetwork: ReadonlySet<string>
}

/** How sure the choice of a curve is. */
export interface Judgement {
  /** Undefined: no verdict. */
  readonly shape: Shape | undefined
  readonly grade: Grade
  readonly lackOfFit: { readonly f: number; readonly flagged: boolean }
  readonly reasons: readonly Reason[]
}

/** @param names - the shapes that have a verdict, with its word */
export function judge(choice: CurveChoice, names: Partial<Record<Shape, string>>, thresholds: Thresholds): Judgement {
  const { f, probability, largestError } = choice.lackOfFit
  const off = `${((Math.exp(largestError) - 1) * 100).toFixed(0)} %`
  const flagged = probability < thresholds.misfitProbability && largestError > Math.log(1 + thresholds.effect)
  const severe = flagged && f > thresholds.severeLackOfFit && largestError > Math.log(1 + thresholds.severeMisfit)
  const withheld = (message: string): Judgement => ({
    shape: undefined,
    grade: null,
    lackOfFit: { f, flagged },
    reasons: [{ code: 'no-fit', message }],
  })
  const name = names[choice.shape]
  if (name === undefined) return withheld(`${noModel[choice.shape] ?? 'The curve'} fits no model.`)
  if (choice.confidence < thresholds.likely) {
    const rival = choice.rival === undefined ? '' : `, next ${names[choice.rival] ?? noModel[choice.rival] ?? choice.rival}`
    return withheld(`No model stands out: ${name} in ${(choice.confidence * 100).toFixed(0)} % of resamples${rival}. More rounds may help.`)
  }
  if (severe) return withheld(`No model fits: the best one, ${name}, is off by ${off} at one level.`)
  const grade = choice.confidence >= thresholds.firm && !flagged ? 'firm' : 'likely'
  const reasons: Reason[] = flagged ? [{ code: 'no-fit', message: `The best model, ${name}, is off by ${off} at one level.` }] : []
  return { shape: choice.shape, grade, lackOfFit: { f, flagged }, reasons }
}

const noModel: Partial<Record<Shape, string>> = {
  rising: 'A rate per function that rises along the ladder',
  steep: 'A rate that changes faster than in proportion',
  'capped-steep': 'A rate that is flat and then changes faster than in proportion',
}
