import type { Journal } from '../model/journal.ts'
import type { Direction, Factors, RoundRecord, Sample } from '../model/journal-record.ts'
import type { Bottleneck, Reason } from '../model/report.ts'
import { cellBottleneck, cpuQuota } from './bottleneck.ts'
import { type Burst, steadyCells } from './burst.ts'
import { countedRounds } from './counted-rounds.ts'
import { type Division, type MeasuredRound, measureRound } from './measured-round.ts'
import { declaredHosts, type RoundHosts } from './round-hosts.ts'
import type { Thresholds } from './thresholds.ts'

/** One combination of factor levels, seen in one direction, with its rounds. */
export interface Cell {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  /** Keys in order. */
  readonly factors: Factors
  /** In cores. */
  readonly quota: number | undefined
  /** Sorted by id. */
  readonly rounds: readonly MeasuredRound[]
  readonly bottleneck: Bottleneck
  /** Where most rounds began faster than they could go on; then their divisions are of the steady part. */
  readonly burst?: Burst
}

/** A round that takes part. */
export interface UsedRound extends MeasuredRound {
  readonly division: Division
}

export function usedRounds(cell: Cell): readonly UsedRound[] {
  return cell.rounds.filter((round): round is UsedRound => round.division !== undefined)
}

/**
 * The cells of what a journal counts, in order: direction, other factors, memory, concurrency.
 * @param hostsOf - what is known of where samples were; default: what they declare
 */
export function journalCells(
  whole: Journal,
  thresholds: Thresholds,
  hostsOf: RoundHosts = declaredHosts(whole.experiment.provider.name),
): readonly Cell[] {
  const journal = countedRounds(whole)
  const samples = samplesByRound(journal.samples)
  const exclusions = new Map(journal.excluded.map((reason) => [reason.round, reason]))
  const mixed = new Set(journal.rounds.map((round) => round.direction === 'both')).size > 1
  const cells = new Map<string, { key: CellKey; rounds: MeasuredRound[] }>()
  for (const round of journal.rounds) {
    for (const direction of directions(round, samples.get(round.id) ?? [])) {
      const key = cellKey(round, direction, mixed)
      const name = JSON.stringify([key.direction, key.factors, key.memoryMb, key.concurrency])
      const cell = cells.get(name) ?? { key, rounds: [] }
      cells.set(name, cell)
      const measured = (samples.get(round.id) ?? []).filter((sample) => (sample.direction ?? direction) === direction)
      const quota = cpuQuota(journal.experiment, round.memoryMb)
      const context = { experiment: journal.experiment, thresholds, hostsOf, direction, quota, exclusion: exclusions.get(round.id) }
      cell.rounds.push(measureRound(round, measured, context))
    }
  }
  const complete = [...cells.values()].map(({ key, rounds }) => completeCell(key, rounds, journal)).sort(inOrder)
  return steadyCells(complete, thresholds)
}

function samplesByRound(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const byRound = new Map<string, Sample[]>()
  for (const sample of samples) {
    const own = byRound.get(sample.round)
    if (own === undefined) byRound.set(sample.round, [sample])
    else own.push(sample)
  }
  return byRound
}

type CellKey = Pick<Cell, 'memoryMb' | 'concurrency' | 'direction' | 'factors'>

/** A round in both directions is two; a sample in a direction of its own adds that one. */
function directions(round: RoundRecord, samples: readonly Sample[]): readonly Direction[] {
  const asked: readonly Direction[] = round.direction === 'both' ? ['download', 'upload'] : [round.direction]
  return [...new Set([...asked, ...samples.flatMap(({ direction }) => direction ?? [])])]
}

function cellKey(round: RoundRecord, direction: Direction, mixed: boolean): CellKey {
  const entries = Object.entries(round.factors ?? {})
  // Only where the same experiment also measured one direction alone: the two must not be mixed.
  if (mixed && round.direction === 'both') entries.push(['bidirectional', true])
  const factors = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  return { memoryMb: round.memoryMb ?? null, concurrency: round.concurrency, direction, factors }
}

function completeCell(key: CellKey, rounds: readonly MeasuredRound[], { experiment }: Journal): Cell {
  const bottleneck = cellBottleneck(rounds.flatMap((round) => round.bottleneck ?? []))
  return { ...key, quota: cpuQuota(experiment, key.memoryMb ?? undefined), rounds, bottleneck }
}

function inOrder(a: Cell, b: Cell): number {
  const [textA, textB] = [a, b].map(({ direction, factors }) => `${direction} ${JSON.stringify(factors)}`) as [string, string]
  if (textA !== textB) return textA < textB ? -1 : 1
  return (a.memoryMb ?? 0) - (b.memoryMb ?? 0) || a.concurrency - b.concurrency
}

/** Every reason of `cells` why a round takes no part, once each. */
export function exclusions(cells: readonly Cell[]): readonly Reason[] {
  const reasons = cells.flatMap((cell) => cell.rounds.flatMap((round) => round.exclusion ?? []))
  const byText = new Map(reasons.map((reason) => [JSON.stringify([reason.round, reason.code, reason.message]), reason]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reason]) => reason)
}
