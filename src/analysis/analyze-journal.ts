import type { ColocationFinding } from '../model/colocation-finding.ts'
import type { Journal } from '../model/journal.ts'
import type { Report } from '../model/report.ts'
import { aggressorFinding, hasRoles } from './aggressor.ts'
import { type Cell, exclusions, journalCells } from './cell.ts'
import { summarizeCell } from './cell-summary.ts'
import { contentionFindings } from './colocation/contention-session.ts'
import { colocationFinding } from './colocation/finding.ts'
import type { ContentionEvidence } from './colocation/placement.ts'
import { costFinding } from './cost.ts'
import { costMapFinding } from './cost-map/cost-map.ts'
import type { CostMapOptions } from './cost-map/cost-map-options.ts'
import type { VerdictContext } from './curve-verdict.ts'
import { earlyEnd } from './early-end.ts'
import { fairnessFinding } from './fairness.ts'
import { measuredAgain } from './measured-again.ts'
import { memoryFinding } from './memory.ts'
import { besideNetwork } from './network-rate.ts'
import { byNetworkAlone, knownHosts } from './round-hosts.ts'
import { sharingFinding } from './sharing.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

export { defaultThresholds } from './thresholds.ts'

/** Every threshold of the analysis can be set; see {@link Thresholds}. */
export interface AnalysisOptions extends Partial<Thresholds> {
  /** A journal of iperf3 in the same place: what the network alone gives, for the decomposition of what a probe of objects got. Default none. */
  readonly network?: Journal
  /** What the cost map of a fixed work is to say. */
  readonly costMap?: CostMapOptions
}

/**
 * What a journal says. Pure: the same journal gives the same report on any machine, whatever the order of its lines.
 *
 * @param contention - what tests of contention found out about the journal's instances. Default: what those in the journal did
 */
export function analyzeJournal(
  journal: Journal,
  { network, costMap, ...options }: AnalysisOptions = {},
  contention: readonly ContentionEvidence[] = contentionFindings(journal),
): Report {
  const { experiment } = journal
  const thresholds: Thresholds = { ...defaultThresholds, ...options }
  const context: VerdictContext = { experiment, thresholds, byNetwork: byNetworkAlone(contention) }
  const cells = journalCells(journal, thresholds, knownHosts(journal, thresholds.firm, contention))
  const [plain, aggressed] = [cells.filter((cell) => !hasRoles(cell) && sharesTime(experiment)), cells.filter(hasRoles)]
  const sized = plain.filter(({ memoryMb }) => memoryMb !== null)
  const networkCells = network && journalCells(network, thresholds, knownHosts(network, thresholds.firm, [])).map(summarizeCell)
  const { id, provider, probe } = experiment
  const { cost, warnings: costWarnings } = costFinding(journal)
  return {
    schema: 'netfair.report/1',
    experiment: { id, provider, probe },
    cells: cells.map((cell) => besideNetwork(summarizeCell(cell), networkCells)),
    sharing: ladders(plain, ({ memoryMb }) => memoryMb).map((ladder) => sharingFinding(ladder, context)),
    memory: ladders(sized, ({ concurrency }) => concurrency).map((ladder) => memoryFinding(ladder, context)),
    fairness: plain.filter(({ concurrency }) => concurrency > 1).map((cell) => fairnessFinding(cell, context)),
    aggressor: aggressed.length === 0 ? null : besides(aggressed).map((ladder) => aggressorFinding(ladder, context)),
    colocation: analyzeColocation(journal, thresholds, contention),
    cost,
    costMap: costMapFinding(journal, costMap, thresholds),
    excluded: exclusions(cells),
    warnings: [...journal.warnings, ...earlyEnd(journal), ...measuredAgain(journal), ...costWarnings],
  }
}

/** Who shared a sandbox, a machine or a host: `colocation` of the report, without the rest of it. */
export function analyzeColocation(
  journal: Journal,
  { likely }: Pick<Thresholds, 'likely'> = defaultThresholds,
  contention: readonly ContentionEvidence[] = contentionFindings(journal),
): ColocationFinding | null {
  return colocationFinding(journal, { minimumConfidence: likely, contention })
}

/** Whether the functions of a round measure at the same time. */
const sharesTime = ({ plan }: Journal['experiment']): boolean => plan.work?.mode !== 'one-per-invocation'

/** Cells that differ in neighbours and streams only. */
function besides(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const others = cells.map(({ factors: { neighbours: _, streams: __, ...factors }, memoryMb, direction }) => [direction, factors, memoryMb])
  const keys = others.map((key) => JSON.stringify(key))
  return [...new Set(keys)].map((key) => cells.filter((_, index) => keys[index] === key))
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
