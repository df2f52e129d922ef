import type { Factors } from '../../model/journal-record.ts'
import type { Execution } from '../../pricing/execution-cost.ts'

/** One round in which all of the work was done. */
export interface WorkRound {
  readonly id: string
  readonly host?: string
  /** From the agreed start to the end of the last chunk, in milliseconds. */
  readonly responseMs: number
  /** Σ of the times that the chunks took, in milliseconds. */
  readonly aggregatedMs: number
  /** How many chunks were under way beside each, itself counted, on average over their time: ≥ 1. */
  readonly together: number
  /** As the platform bills them; undefined where the billed time of one is not known. */
  readonly executions: readonly Execution[] | undefined
}

/** One configuration with its rounds. */
export interface WorkCell {
  readonly memoryMb: number | null
  readonly concurrency: number
  /** Keys in order. */
  readonly factors: Factors
  /** Sorted by id; at least one. */
  readonly rounds: readonly WorkRound[]
}

/** Cells that differ in memory and concurrency only. */
export function alikeCells<Cell extends Pick<WorkCell, 'factors'>>(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const byFactors = new Map<string, Cell[]>()
  for (const cell of cells) {
    const key = JSON.stringify(cell.factors)
    byFactors.set(key, [...(byFactors.get(key) ?? []), cell])
  }
  return [...byFactors.values()]
}
