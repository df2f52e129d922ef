import { assembleJournal } from '../../src/journal/assemble.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import type { Experiment } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { type NextRounds, nextRounds } from '../../src/run/next-rounds.ts'
import { type PlannedRound, plan } from '../../src/run/plan.ts'
import { openingRecord } from '../../src/run/round.ts'

/** Bits per second of each function of a round. */
export type Rate = (round: PlannedRound) => number

const nowhere = { name: 'simulated', environment: {} }

/** A journal in which these rounds of the experiment were measured. */
export function journalOf(experiment: Experiment, rounds: readonly PlannedRound[], rate: Rate): Journal {
  const planned = plan(experiment)
  return assembleJournal([experimentRecord('simulated', experiment, planned, nowhere), ...rounds.flatMap((round) => measured(round, rate))])
}

function measured(round: PlannedRound, rate: Rate): JournalRecord[] {
  const times = { startedAtMs: 1_763_800_000_000, endedAtMs: 1_763_800_001_200 }
  const samples = Array.from({ length: round.concurrency }, (_, invocation): JournalRecord => {
    const bytes = Math.round((rate(round) * 1.2) / 8)
    const instance = `instance-${invocation}`
    const role = round.roles && (invocation < round.roles.victims ? 'victim' : 'neighbour')
    return {
      ...(role !== undefined && { role }),
      type: 'sample',
      round: round.id,
      invocation,
      outcome: 'completed',
      instance,
      ...times,
      bytes,
      clockUncertaintyMs: 0.1,
    }
  })
  return [...samples, { ...openingRecord(round, 0), completed: true }]
}

/** Runs the experiment in thought, from the rounds that were measured before. */
export function simulate(experiment: Experiment, rate: Rate, before: readonly PlannedRound[] = []) {
  const planned = plan(experiment)
  const rounds = [...before]
  const blocks: (readonly PlannedRound[])[] = []
  let next: NextRounds = nextRounds(planned, rounds.length === 0 ? undefined : journalOf(experiment, rounds, rate))
  while (next.rounds.length > 0) {
    blocks.push(next.rounds)
    rounds.push(...next.rounds)
    next = nextRounds(planned, journalOf(experiment, rounds, rate))
  }
  return { planned, rounds, blocks, stoppedBy: next.stoppedBy }
}
