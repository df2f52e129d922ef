import type { Journal } from '../model/journal.ts'

/** Ids of the rounds that need not run again. A round excluded as `conflict` or `incomplete` does. */
export function completedRounds(journal: Journal): ReadonlySet<string> {
  const excluded = new Set(journal.excluded.map((reason) => reason.round))
  return new Set(journal.rounds.filter((round) => round.completed === true && !excluded.has(round.id)).map((round) => round.id))
}

/** Number of the next attempt of a round: 0 where the journal does not know it. */
export function nextAttempt(journal: Journal, round: string): number {
  const known = journal.rounds.find(({ id }) => id === round)
  return known === undefined ? 0 : (known.attempt ?? 0) + 1
}
