import type { WorkShare } from './fixed-work.ts'
import type { RoundDirection, Sample } from './journal-record.ts'
import type { ObjectWork } from './object-store.ts'
import type { Probe } from './probe.ts'
import type { Target } from './target.ts'

/** What one invocation is asked to do. */
export interface Task {
  /** Shows that it comes from whoever deployed the agent: `sealTask`. */
  readonly seal: string
  /** Epoch milliseconds on the clock of whoever sealed it: after that no agent takes it. */
  readonly expiresAtMs: number
  /** Id of the run: a target meets several, and rounds have the same names in all of them. */
  readonly run: string
  readonly round: string
  readonly attempt: number
  readonly invocation: number
  readonly concurrency: number
  readonly direction: RoundDirection
  readonly probe: Pick<Probe, 'name' | 'version' | 'params' | 'module'>
  /** Where the bytes go. */
  readonly target: Target
  /** Index of `target` in the experiment's list; 0 is the rendezvous itself. */
  readonly targetIndex: number
  /** What it moves, where the probe's bytes lie in an object store. */
  readonly objects?: ObjectWork
  /** In rounds of fixed work. */
  readonly work?: WorkShare
  /** Clock and rendezvous of the whole round. */
  readonly rendezvous: Target
  /** How long the rendezvous waits for the others after the first one is ready. */
  readonly readyTimeoutMs: number
  /** From the receipt of the task to the latest end of everything. */
  readonly deadlineMs: number
}

/** What an agent was deployed with; given to it as JSON in the environment variable `NETFAIR_AGENT`. */
export interface AgentConfig {
  /** Seals its tasks; never in a task itself. */
  readonly secret: string
  /** `host:port` and origins that the agent may talk to. */
  readonly allowedTargets: readonly string[]
  /** Module URLs of probes of one's own that it may import: from there, or in a cloud from its own package (`packagedModule`). */
  readonly modules: readonly string[]
  /** Environment variables with the credentials for an object store, where the agent is lent those of whoever runs the experiment. */
  readonly credentials?: Readonly<Record<string, string>>
}

/** What an invocation returns: one sample a direction; failures are samples too. */
export interface AgentReply {
  readonly samples: readonly Sample[]
  /** The agreed start, where the rendezvous gave one. */
  readonly startAtMs?: number
}

/** Line of the local agent on its standard output: once when it is ready, then one a task. */
export type AgentMessage = { readonly kind: 'ready' } | { readonly kind: 'reply'; readonly id: number; readonly reply: AgentReply }
/** Line of the provider on the agent's standard input. */
export interface AgentRequest {
  readonly id: number
  readonly task: Task
}
