import { completedRounds } from '../journal/reader.ts'
import type { Journal } from '../model/journal.ts'
import { cellsInNeed } from './enough.ts'
import { cellId, type Plan, type PlannedRound } from './plan.ts'

/** What to measure next; nothing, and why, when that is all. */
export interface NextRounds {
  readonly rounds: readonly PlannedRound[]
  /** Only with a stopping rule, and only where there is nothing left to do. */
  readonly stoppedBy?: 'criterion' | 'maximum'
}

/**
 * The rounds that come next, in order: without a stopping rule all that are left; with one the rest of the current repetition, or the
 * next one.
 *
 * Pure: which cells a repetition runs follows from the repetitions before it and nothing else, so a run that was interrupted goes on as
 * it would have.
 */
export function nextRounds(planned: Plan, journal: Journal | undefined): NextRounds {
  const done = journal === undefined ? new Set<string>() : completedRounds(journal)
  const { stop } = planned
  if (stop === undefined) return { rounds: planned.rounds.filter(({ id }) => !done.has(id)) }
  if (journal === undefined) return { rounds: planned.rounds.filter(({ repetition }) => repetition < stop.minimum) }
  const begun = new Set(journal.rounds.map(({ id }) => id))
  const latest = Math.max(-1, ...journal.rounds.map(({ repetition }) => repetition))
  const current = stillNeeded(planned, journal, latest)
  const belongs = (round: PlannedRound): boolean =>
    round.repetition < stop.minimum || begun.has(round.id) || (round.repetition === latest && current.has(cellId(round)))
  const left = planned.rounds.filter((round) => round.repetition <= latest && !done.has(round.id) && belongs(round))
  if (left.length > 0) return { rounds: left }
  const next = stillNeeded(planned, journal, latest + 1)
  if (next.size === 0) return { rounds: [], stoppedBy: 'criterion' }
  const rounds = planned.rounds.filter((round) => round.repetition === latest + 1 && next.has(cellId(round)))
  return rounds.length > 0 ? { rounds } : { rounds, stoppedBy: 'maximum' }
}

/** Cells that take part in a repetition: those for which the criterion did not hold after each of the last `consecutive` ones. */
function stillNeeded({ cells, stop }: Plan, journal: Journal, repetition: number): ReadonlySet<string> {
  const needed = new Set<string>()
  if (stop === undefined || repetition < stop.minimum) return new Set(cells.map((cell) => cellId(cell)))
  for (let after = Math.max(1, repetition - stop.consecutive + 1); after <= repetition; after++) {
    for (const id of cellsInNeed({ cells, stop }, upTo(journal, after))) needed.add(id)
  }
  return needed
}

/** The journal after so many repetitions. */
function upTo(journal: Journal, repetitions: number): Journal {
  const rounds = journal.rounds.filter(({ repetition }) => repetition < repetitions)
  const ids = new Set(rounds.map(({ id }) => id))
  return { ...journal, rounds, samples: journal.samples.filter(({ round }) => ids.has(round)) }
}
