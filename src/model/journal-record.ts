/**
 * The records of a journal, version 1. The contract is `journal.schema.json` beside this file; these types say the same.
 * Times: epoch milliseconds on the common clock. Rates: bits per second. Unknown is absent, never 0.
 */
import type { FixedWork } from './fixed-work.ts'
import type { Platform } from './platform.ts'

export type FactorValue = string | number | boolean
/** Other factor levels of a cell: path, chunkBytes, streams, … */
export type Factors = Readonly<Record<string, FactorValue>>
/** Seen from the function. `both` is one round with two samples an invocation. */
export type RoundDirection = 'download' | 'upload' | 'both'
export type Direction = 'download' | 'upload'
/** `[startMs, endMs, bytes]` */
export type Interval = readonly [startMs: number, endMs: number, bytes: number]
export type Tier = 'privileged' | 'rootless' | 'plain'

/** First line: what was asked for, by what, where. */
export interface ExperimentRecord {
  readonly type: 'experiment'
  readonly schema: 'netfair.journal/1'
  readonly id: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly tool: { readonly name: string; readonly version: string }
  readonly provider: Platform & { readonly tier?: Tier }
  readonly probe: { readonly name: string; readonly version: string; readonly params?: Readonly<Record<string, unknown>> }
  readonly plan: {
    readonly memoryMb?: readonly number[]
    readonly concurrency: readonly number[]
    readonly direction?: readonly RoundDirection[]
    readonly factors?: Readonly<Record<string, readonly FactorValue[]>>
    readonly repetitions: number
    /** Rounds of each cell that ran before the first one and do not count; absent = 0. */
    readonly rehearsals?: number
    readonly seed: number
    /** Dropped at the start of every window; absent = 0. */
    readonly warmUpMs?: number
    /** Of the normalised plan; `--resume` refuses another. */
    readonly hash?: string
    readonly expectations?: readonly Readonly<Record<string, unknown>>[]
    readonly budget?: Readonly<Record<string, unknown>>
    /** When fewer repetitions are enough; then `repetitions` is the most. */
    readonly stop?: Readonly<Record<string, unknown>>
    /** Which functions are victims, and what their neighbours do. */
    readonly aggressor?: Readonly<Record<string, unknown>>
    /** Which tests of co-location were asked for. */
    readonly colocation?: Readonly<Record<string, unknown>>
    /** What the functions of a round move together; absent = each measures for itself. */
    readonly work?: FixedWork
  }
  /** By which the run was quoted, and is billed. Absent where nothing is billed, or no price was known. */
  readonly priceBook?: { readonly version?: string; readonly date?: string }
  /** What it was to cost in US dollars, all rounds run; and the prices of the measuring side, where they count. */
  readonly quote?: {
    readonly usd: number
    /** Machines of targets. */
    readonly targets?: number
    readonly targetUsdPerHour?: number
    readonly targetUsdPerGB?: number
  }
  readonly environment?: Readonly<Record<string, unknown>>
}

/** How busy a target was over the window of a round. */
export interface TargetLoad {
  /** 0–1, mean over the window; 1 = all cores busy. */
  readonly cpuBusy?: number
  /** 0–1, the same for its busiest process. */
  readonly busiestThread?: number
  /** 0–1. */
  readonly nicUse?: number
  readonly capacityBitsPerSecond?: number
}

/** One execution of a cell; written when it starts and again when it ends. */
export interface RoundRecord {
  readonly type: 'round'
  readonly id: string
  /** Absent = 0. */
  readonly attempt?: number
  readonly direction: RoundDirection
  readonly memoryMb?: number
  readonly concurrency: number
  readonly repetition: number
  /** It ran before those that count, and takes part in nothing but the cost; see `ExperimentOptions.rehearsals`. */
  readonly rehearsal?: true
  readonly factors?: Factors
  /** Block of the round, where all of it ran on one known host. */
  readonly host?: string
  /** The agreed start. */
  readonly startAtMs?: number
  readonly targets?: readonly TargetLoad[]
  /** 0–1, local only: idle share of the host's cores over the window. */
  readonly hostIdle?: number
  readonly completed?: boolean
}

/** What an invocation moved in fixed-work experiments. */
export interface Chunk {
  readonly id: string
  readonly startMs: number
  readonly endMs: number
  readonly bytes: number
  /** Moved whole, and counted: of one chunk at most one a round is. */
  readonly ok: boolean
  readonly firstByteMs?: number
  /** Why it is not `ok`. */
  readonly error?: SampleError
}

interface SampleBase {
  readonly type: 'sample'
  readonly round: string
  /** Absent = 0. */
  readonly attempt?: number
  readonly invocation: number
  readonly role?: 'victim' | 'neighbour'
  /** Only where it is declared truth: local provider, node name, dedicated plan. */
  readonly host?: string
  /** Index into the round's targets. */
  readonly target?: number
  readonly direction?: Direction
  /** Payload bytes between `startedAtMs` and `endedAtMs`. */
  readonly bytes?: number
  /** Absent = receiver. */
  readonly countedBy?: 'receiver' | 'sender' | 'acknowledged'
  /** In order, not overlapping; the warm-up is kept in. */
  readonly intervals?: readonly Interval[]
  readonly chunks?: readonly Chunk[]
  /** Other figures of the probe, unit in the key. */
  readonly values?: Readonly<Record<string, number>>
  readonly clockUncertaintyMs?: number
  readonly cpuMs?: { readonly user: number; readonly system: number }
  /** 0–1, share of scheduler periods in which the CPU quota ran out. */
  readonly throttled?: number
  readonly memoryUsedMb?: number
  readonly coldStart?: boolean
  /** Of a cold start: from the start of the instance until it could take its first task. */
  readonly initMs?: number
  /** Whole invocation as the function saw it. */
  readonly durationMs?: number
  readonly billedMs?: number
  /** Raw identity texts; secrets never. */
  readonly facts?: Readonly<Record<string, string>>
}

export interface CompletedSample extends SampleBase {
  readonly outcome: 'completed'
  readonly instance: string
  readonly startedAtMs: number
  readonly endedAtMs: number
}

export interface SampleError {
  readonly code: string
  readonly message: string
}

/** `failed`: it ran and broke. `not-run`: no statement about the network at all. Neither ever counts as isolation. */
export interface FailedSample extends SampleBase {
  readonly outcome: 'failed' | 'not-run'
  readonly instance?: string
  readonly startedAtMs?: number
  readonly endedAtMs?: number
  readonly error: SampleError
}

/** What one invocation measured in one round and direction. Key: round, attempt, invocation, direction. */
export type Sample = CompletedSample | FailedSample

export interface EndRecord {
  readonly type: 'end'
  /** RFC 3339. */
  readonly completedAt: string
  readonly rounds?: number
  readonly samples?: number
  readonly failed?: number
  /** Why the run ended before its last planned round, or at it without what it stopped for. Absent = all that was planned. */
  readonly stoppedBy?: 'criterion' | 'maximum' | 'budget'
}

export type JournalRecord = ExperimentRecord | RoundRecord | Sample | EndRecord
