import type { NextRequest, ReadyRequest } from '../model/target.ts'
import type { TargetLimits } from './limits.ts'

/** What every worker of a target has to know. */
export interface WorkerConfig {
  readonly clockOffsetMs: number
  readonly token?: string
  readonly limits: TargetLimits
}

/** A question of a worker to the primary, which alone knows all processes and all rounds. */
export type Question =
  | { readonly about: 'health' }
  | { readonly about: 'ready'; readonly round: string; readonly request: ReadyRequest }
  | { readonly about: 'next'; readonly round: string; readonly request: NextRequest }

/** The answer, as HTTP gives it on. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** What one worker has used and moved since its start. */
export interface Usage {
  readonly pid: number
  readonly cpuSeconds: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** Primary to worker. Those marked so come with a connection. */
export type ToWorker =
  | { readonly kind: 'setup'; readonly config: WorkerConfig }
  /** With a connection: the control connection of a new test. */
  | { readonly kind: 'control'; readonly cookie: string }
  /** With a connection: a data connection; `order` is that of acceptance. */
  | { readonly kind: 'data'; readonly cookie: string; readonly order: number }
  /** End this test: others need its place, and nothing was agreed about it yet. */
  | { readonly kind: 'drop'; readonly cookie: string }
  /** With a connection: HTTP, unread. */
  | { readonly kind: 'http' }
  | { readonly kind: 'usage'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** End the fastest test: the total rate is above the limit. */
  | { readonly kind: 'shed' }

/** Worker to primary. */
export type FromWorker =
  | { readonly kind: 'up' }
  /** The parameters of a test were accepted, and its token. */
  | { readonly kind: 'agreed'; readonly cookie: string }
  | { readonly kind: 'ended'; readonly cookie: string }
  | { readonly kind: 'usage'; readonly id: number; readonly usage: Usage }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** The client has gone: do not count it as ready. */
  | { readonly kind: 'withdraw'; readonly id: number }
