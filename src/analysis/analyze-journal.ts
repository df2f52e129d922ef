import type { Journal } from '../model/journal.ts'
import type { Report } from '../model/report.ts'
import { type Cell, exclusions, journalCells } from './cell.ts'
import { summarizeCell } from './cell-summary.ts'
import type { VerdictContext } from './curve-verdict.ts'
import { fairnessFinding } from './fairness.ts'
import { memoryFinding } from './memory.ts'
import { sharingFinding } from './sharing.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

export { defaultThresholds, type Thresholds } from './thresholds.ts'

/** Every threshold of the analysis can be set; see {@link Thresholds}. */
export type AnalysisOptions = Partial<Thresholds>

/**
 * What a journal says. Pure: the same journal gives the same report on any machine, whatever the order of its lines.
 *
 * `burst`, `colocation`, `cost` and `costMap` are null in this version.
 */
export function analyzeJournal(journal: Journal, options: AnalysisOptions = {}): Report {
  const { experiment } = journal
  const thresholds: Thresholds = { ...defaultThresholds, ...options }
  const context: VerdictContext = { experiment, thresholds }
  const cells = journalCells(journal, thresholds)
  const sized = cells.filter(({ memoryMb }) => memoryMb !== null)
  const { id, provider, probe } = experiment
  return {
    schema: 'netfair.report/1',
    experiment: { id, provider, probe },
    cells: cells.map(summarizeCell),
    sharing: ladders(cells, ({ memoryMb }) => memoryMb).map((ladder) => sharingFinding(ladder, context)),
    memory: ladders(sized, ({ concurrency }) => concurrency).map((ladder) => memoryFinding(ladder, context)),
    fairness: cells.filter(({ concurrency }) => concurrency > 1).map((cell) => fairnessFinding(cell, context)),
    colocation: null,
    cost: null,
    costMap: null,
    excluded: exclusions(cells),
    warnings: journal.warnings,
  }
}

/** Cells that differ in one factor only: the same direction, other factors, and `fixed`. */
function ladders(cells: readonly Cell[], fixed: (cell: Cell) => number | null): readonly (readonly Cell[])[] {
  const byKey = new Map<string, Cell[]>()
  for (const cell of cells) {
    const key = JSON.stringify([cell.direction, cell.factors, fixed(cell)])
    byKey.set(key, [...(byKey.get(key) ?? []), cell])
  }
  return [...byKey.values()]
}
