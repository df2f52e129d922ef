import type { Journal } from '../model/journal.ts'
import { markOf } from './colocation/contention-round.ts'

/** What the experiment itself measured: the journal without rehearsals and tests of co-location. What those cost, and whom they met, is in the whole journal only. */
export function countedRounds(journal: Journal): Journal {
  const ids = new Set(journal.rounds.filter((round) => round.rehearsal === true || markOf(round) !== undefined).map(({ id }) => id))
  if (ids.size === 0) return journal
  return {
    ...journal,
    rounds: journal.rounds.filter(({ id }) => !ids.has(id)),
    samples: journal.samples.filter(({ round }) => !ids.has(round)),
    excluded: journal.excluded.filter(({ round }) => round === undefined || !ids.has(round)),
  }
}
