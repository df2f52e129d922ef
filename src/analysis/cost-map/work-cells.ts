import type { FixedWork } from '../../model/fixed-work.ts'
import type { Journal } from '../../model/journal.ts'
import type { Direction, Factors, RoundRecord, Sample } from '../../model/journal-record.ts'
import type { Reason } from '../../model/report.ts'
import { type BilledRound, type BillingView, executionsOf } from '../executions.ts'
import { measureWork } from '../fixed-work.ts'
import { meanTogether } from './together.ts'
import type { WorkCell, WorkRound } from './work-cell.ts'

/** A cell with rounds that did all of the work, and how many there were in all. */
export interface MeasuredWorkCell extends WorkCell {
  readonly tried: number
  /** Why the others take no part. */
  readonly undone: readonly Reason[]
}

/** The configurations of a journal, in order: other factors, memory, concurrency. */
export function workCells(
  { rounds, samples, excluded }: Journal,
  work: FixedWork,
  direction: Direction,
  billing: BillingView,
): readonly MeasuredWorkCell[] {
  const byRound = new Map<string, Sample[]>()
  for (const sample of samples) byRound.set(sample.round, [...(byRound.get(sample.round) ?? []), sample])
  const out = new Map(excluded.map((reason) => [reason.round, reason]))
  const cells = new Map<string, { key: Omit<WorkCell, 'rounds'>; rounds: WorkRound[]; undone: Reason[]; tried: number }>()
  for (const round of rounds.filter((each) => each.direction === direction)) {
    const key = { memoryMb: round.memoryMb ?? null, concurrency: round.concurrency, factors: inOrder(round.factors ?? {}) }
    const name = JSON.stringify(key)
    const cell = cells.get(name) ?? { key, rounds: [], undone: [], tried: 0 }
    cells.set(name, cell)
    cell.tried++
    const outcome = out.get(round.id) ?? workRound(round, byRound.get(round.id) ?? [], work, billing)
    if ('code' in outcome) cell.undone.push(outcome)
    else cell.rounds.push(outcome)
  }
  return [...cells.values()].map(({ key, rounds: done, ...others }) => ({ ...key, rounds: done.sort(byId), ...others })).sort(byPlace)
}

const inOrder = (factors: Factors): Factors => Object.fromEntries(Object.entries(factors).sort(([a], [b]) => (a < b ? -1 : 1)))
const byId = (a: WorkRound, b: WorkRound): number => (a.id < b.id ? -1 : 1)

function byPlace(a: WorkCell, b: WorkCell): number {
  const [textA, textB] = [JSON.stringify(a.factors), JSON.stringify(b.factors)]
  if (textA !== textB) return textA < textB ? -1 : 1
  return (a.memoryMb ?? 0) - (b.memoryMb ?? 0) || a.concurrency - b.concurrency
}

/** @returns why not, where it takes no part */
function workRound(round: RoundRecord, samples: readonly Sample[], work: FixedWork, billing: BillingView): WorkRound | Reason {
  const times = measureWork(round, samples, work)
  if ('code' in times) return times
  if (!(times.aggregatedMs > 0 && times.responseMs > 0)) {
    return { code: 'clock', message: `Round ${round.id}: its chunks took no time that the clocks could tell.`, round: round.id }
  }
  const { executions, unknown }: BilledRound = executionsOf(round, samples, billing)
  const host = round.host ?? onlyHost(samples)
  return {
    id: round.id,
    ...(host !== undefined && { host }),
    responseMs: times.responseMs,
    aggregatedMs: times.aggregatedMs,
    together: meanTogether(samples.flatMap(({ chunks = [] }) => chunks)),
    executions: unknown > 0 ? undefined : executions,
  }
}

function onlyHost(samples: readonly Sample[]): string | undefined {
  const [first, ...others] = new Set(samples.map(({ host }) => host))
  return others.length === 0 ? first : undefined
}
