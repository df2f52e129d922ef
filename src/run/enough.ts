import { analyzeJournal, defaultThresholds } from '../analysis/analyze-journal.ts'
import { journalCells, type Cell as MeasuredCell, usedRounds } from '../analysis/cell.ts'
import { measureWork } from '../analysis/fixed-work.ts'
import { medianInterval } from '../analysis/median-interval.ts'
import { ascending, median } from '../analysis/quantile.ts'
import type { FixedWork } from '../model/fixed-work.ts'
import type { Journal } from '../model/journal.ts'
import type { Direction, Factors } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import { type Cell, cellId } from './plan.ts'
import type { StopRule } from './stopping.ts'

/** Ids of the planned cells of which the journal does not say enough yet. */
export function cellsInNeed(
  { cells, stop }: { readonly cells: readonly Cell[]; readonly stop: StopRule },
  journal: Journal,
): ReadonlySet<string> {
  const { relativeHalfWidth, verdictConfidence } = stop
  const measured = new Set(journal.rounds.map(cellId))
  const needed = new Set(cells.map((cell) => cellId(cell)).filter((id) => !measured.has(id)))
  if (relativeHalfWidth !== undefined) for (const id of wideCells(journal, relativeHalfWidth)) needed.add(id)
  if (verdictConfidence !== undefined) for (const id of undecidedCells(cells, journal, verdictConfidence)) needed.add(id)
  return needed
}

function wideCells(journal: Journal, relativeHalfWidth: number): readonly string[] {
  const narrow = (figures: readonly number[]): boolean => {
    const interval = medianInterval(figures)
    const middle = median(ascending(figures)) ?? 0
    return interval?.method === 'order-statistic' && (interval.high - interval.low) / 2 <= relativeHalfWidth * middle
  }
  return journalCells(journal, defaultThresholds)
    .filter((cell) => !narrow(figuresOf(cell, journal.experiment.plan.work)))
    .flatMap(({ rounds }) => rounds.map(({ round }) => cellId(round)))
}

/** One a round: the aggregate, or of a fixed work the response time. */
function figuresOf(cell: MeasuredCell, work: FixedWork | undefined): readonly number[] {
  if (work === undefined) return usedRounds(cell).map(({ division }) => division.aggregate)
  const times = cell.rounds.map(({ round, samples }) => measureWork(round, samples, work))
  return times.flatMap((each) => ('code' in each ? [] : each.responseMs))
}

interface Finding {
  readonly memoryMb?: number | null
  readonly concurrency?: number
  readonly direction: Direction
  readonly factors: Factors
  readonly verdict: string
  readonly confidence?: number | null
  readonly reasons: readonly Reason[]
}

/** A finding that no number of rounds can decide, by its levels or by the tier, does not count. */
function undecidedCells(cells: readonly Cell[], journal: Journal, confidence: number): readonly string[] {
  const report = analyzeJournal(journal)
  const enough = (levels: Iterable<number>): boolean => new Set(levels).size >= defaultThresholds.minimumLevels
  const findings: readonly Finding[] = [
    ...(enough(cells.map(({ concurrency }) => concurrency)) ? report.sharing : []),
    ...(enough(cells.map(({ memoryMb }) => memoryMb)) ? report.memory : []),
    ...report.fairness,
    ...(report.aggressor ?? []),
  ]
  const undecided = findings.filter(
    (finding) =>
      (finding.verdict === 'inconclusive' || (finding.confidence ?? 1) < confidence) &&
      !finding.reasons.some(({ code }) => code === 'tier'),
  )
  return cells.filter((cell) => undecided.some((finding) => speaksOf(finding, cell))).map((cell) => cellId(cell))
}

function speaksOf({ memoryMb, concurrency, direction, factors }: Finding, cell: Cell): boolean {
  return (
    (memoryMb === undefined || memoryMb === cell.memoryMb) &&
    (concurrency === undefined || concurrency === cell.concurrency) &&
    (cell.direction === 'both' || cell.direction === direction) &&
    Object.entries(factors).every(([name, value]) => name === 'bidirectional' || cell.factors[name] === value)
  )
}
