import type { Capabilities } from './capabilities.ts'
import type { Chunk, Direction, Interval, RoundDirection } from './journal-record.ts'
import type { ObjectDemand } from './object-store.ts'
import type { Target } from './target.ts'

/** A probe with its parameters, as an experiment names it. */
export interface Probe {
  readonly name: string
  readonly version: string
  /** Validated, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>
  /** URL of the module that defines it; absent for built-in probes. */
  readonly module?: string
  /** How long a measurement takes, without start and end. */
  readonly expectedMs: number
  /** What it can measure. Default: every direction. */
  readonly directions?: readonly RoundDirection[]
  /** Origins besides the target's that it talks to: `https://host:port`. */
  readonly origins?: readonly string[]
  /** What it moves, where its bytes lie in an object store. */
  readonly objects?: ObjectDemand
  /** Directions in which it can move a fixed work, by `capabilities.work`. Default: none. */
  readonly fixedWork?: readonly Direction[]
  /** Warm-up that the parameters ask for; the experiment's own `warmUpMs` goes first. */
  readonly warmUpMs?: number
  /**
   * The same probe with some parameters changed: what a factor does.
   * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  withParams(changes: Readonly<Record<string, unknown>>): Probe
}

/** What a probe is given when it runs. */
export interface ProbeContext<Params> {
  readonly params: Params
  readonly direction: RoundDirection
  readonly target: Target
  readonly capabilities: Capabilities
  /** The nonce of the instance that it runs in. */
  readonly instance?: string
}

/** What a probe measured in one direction. Times on the common clock. */
export interface Measurement {
  readonly direction: Direction
  readonly bytes?: number
  /** Absent = receiver. */
  readonly countedBy?: 'receiver' | 'sender' | 'acknowledged'
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly intervals?: readonly Interval[]
  /** Fixed work: what became of each chunk that this invocation tried, in the order of their ends. */
  readonly chunks?: readonly Chunk[]
  /** Other figures, unit in the key: `rttMs`, `retries`. */
  readonly values?: Readonly<Record<string, number>>
}

/**
 * The code of a probe.
 *
 * `prepare` runs before the round's start (open connections, agree on parameters); `run` begins at the agreed start and gets
 * what `prepare` returned. Both reach the network only through `context.capabilities`.
 */
export interface ProbeCode<Params, Prepared = undefined> {
  readonly name: string
  readonly version: string
  prepare?(context: ProbeContext<Params>): Promise<Prepared>
  run(context: ProbeContext<Params>, prepared: Prepared): Promise<readonly Measurement[]>
}
