import type { Direction, ExperimentRecord, Factors } from '../../model/journal-record.ts'
import type { Reason, ReportInterval } from '../../model/report.ts'

/** Comparison, version 1: output of `netfair compare --json`. Every key is present; unknown is null. */
export interface Comparison {
  readonly schema: 'netfair.comparison/1'
  readonly journals: readonly ComparedJournal[]
  /** Every cell of every pair of journals, in the order of the pairs, then of the cells. */
  readonly cells: readonly ComparedCell[]
}

export interface ComparedJournal {
  /** As the caller names it: its path, or the experiment's id. */
  readonly name: string
  readonly id: string
  readonly provider: ExperimentRecord['provider']
  readonly probe: ExperimentRecord['probe']
}

/** `better` and `worse` speak of the candidate: more or less bandwidth than the baseline. */
export type ComparisonVerdict = 'better' | 'worse' | 'equivalent' | 'inconclusive'

/** One cell of two journals. One number a round: the rate of the mean function, aggregate ÷ n. */
export interface ComparedCell {
  /** Index into `journals`. */
  readonly baseline: number
  /** Index into `journals`. */
  readonly candidate: number
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  readonly factors: Factors
  /** `host-and-repetition`: differences within blocks that both journals have; null where nothing was compared. */
  readonly pairing: 'host-and-repetition' | 'none' | null
  /** Candidate ÷ baseline: ratio of the geometric means of the rounds' rates. */
  readonly ratio: number | null
  /** 95 % interval of the ratio: Student's of the logarithms, Welch's where unpaired. */
  readonly interval: ReportInterval | null
  /**
   * −1 (the candidate always gets less) to 1 (always more): Cliff's δ over all pairs of one round each; where `pairing` is
   * `host-and-repetition`, the same over the pairs of a block only.
   */
  readonly effect: number | null
  /** Two-sided p of "no difference", adjusted by Holm over all cells of the comparison. */
  readonly pHolm: number | null
  readonly verdict: ComparisonVerdict
  /** Why nothing was or could be said. */
  readonly reasons: readonly Reason[]
}
