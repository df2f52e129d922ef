import { takenTurns } from '../analysis/taken-turns.ts'
import type { Sample } from '../model/journal-record.ts'
import { cellId, type PlannedRound } from './plan.ts'

/**
 * Which rounds run once more: those whose invocations took turns in fewer instances. A platform that was slow to start instances has them the
 * next time; one that never has them costs no cell more than one round.
 */
export class Repeats {
  readonly #hopeless = new Set<string>()

  /** @returns in how many instances its invocations ran, where it shall run once more */
  instancesIfAgain(round: PlannedRound, samples: readonly Sample[]): number | undefined {
    return this.#hopeless.has(cellId(round)) ? undefined : takenTurns(together(samples, round))?.instances
  }

  /** What the second attempt came to. */
  ranAgain(round: PlannedRound, samples: readonly Sample[]): void {
    if (takenTurns(together(samples, round)) !== undefined) this.#hopeless.add(cellId(round))
  }
}

/** Those that begin together; in rounds of fixed work others may come later, into the same instances. */
const together = (samples: readonly Sample[], { concurrency }: PlannedRound): readonly Sample[] =>
  samples.filter(({ invocation }) => invocation < concurrency)
