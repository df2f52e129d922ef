import type { Tier } from '../model/journal-record.ts'
import type { PlannedRound } from './plan.ts'

/** What happens during a run, for a progress display or a log. */
export type RunEvent =
  /** The run is in a lower tier than it could be with more rights; why not in a better one, where nobody asked for this one. */
  | { readonly kind: 'tier'; readonly tier: Tier; readonly refused: Readonly<Partial<Record<Tier, string>>> }
  /** Another run holds the host. */
  | { readonly kind: 'waiting'; readonly holder: string }
  | {
      readonly kind: 'planned'
      readonly rounds: number
      readonly alreadyDone: number
      readonly expectedMs: number
      /** A stopping rule or a budget may end it earlier. */
      readonly atMost: boolean
      readonly journal: string
    }
  | ({ readonly kind: 'deploying' } & DeployedPlace)
  | ({ readonly kind: 'deployed'; readonly elapsedMs: number } & DeployedPlace)
  /** What does not count begins, so many rounds. */
  | { readonly kind: 'rehearsing'; readonly rounds: number }
  | {
      readonly kind: 'round-started'
      readonly round: PlannedRound
      readonly done: number
      readonly rounds: number
      readonly remainingMs: number
    }
  /** Its invocations took turns in fewer instances: it runs once more. */
  | { readonly kind: 'round-repeated'; readonly round: PlannedRound; readonly instances: number }
  | { readonly kind: 'round-ended'; readonly round: PlannedRound; readonly done: number; readonly rounds: number; readonly failed: number }
  /** A round of contention tests begins; `tests`: at most. */
  | {
      readonly kind: 'contention'
      readonly test: number
      readonly tests: number
      readonly senders: number
      readonly functions: number
    }
  | { readonly kind: 'finished'; readonly rounds: number; readonly failed: number; readonly elapsedMs: number }
  /** The run failed; its temporary journal stays here. */
  | { readonly kind: 'kept'; readonly journal: string }

interface DeployedPlace {
  readonly memoryMb: number
  readonly concurrency: number
  /** Levels of the factors that the provider sets. */
  readonly factors: Readonly<Record<string, string>>
}
