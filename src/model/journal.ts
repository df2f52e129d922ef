import type { EndRecord, ExperimentRecord, RoundRecord, Sample } from './journal-record.ts'
import type { Reason } from './report.ts'

/** A journal, read and put in order: what counts, and what does not and why. The same for every order of its lines. */
export interface Journal {
  readonly experiment: ExperimentRecord
  /** One a round id, sorted by id: the attempt that counts, or the last one where none does. */
  readonly rounds: readonly RoundRecord[]
  /** Of the attempts that count, sorted by round, invocation and direction. */
  readonly samples: readonly Sample[]
  /** Of attempts that do not count: what they moved and cost is spent. */
  readonly superseded?: readonly Sample[]
  readonly end?: EndRecord
  /** Rounds that take no part: `conflict` (two different samples with one key), `incomplete` (no attempt was completed). */
  readonly excluded: readonly Reason[]
  /** `torn-line`, `unknown-type`, `stray-attempt` (samples of an attempt that no round record names), `unfinished`. */
  readonly warnings: readonly Reason[]
}
