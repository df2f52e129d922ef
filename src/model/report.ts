import type { ColocationFinding } from './colocation-finding.ts'
import type { CostMapFinding } from './cost-map.ts'
import type { Direction, Factors } from './journal-record.ts'

/** Report, version 1: `report.json`, and the output of `netfair analyze --json`. Every key is present; unknown is null. */

/** 95 % interval, with the method that gave it; null where no method's coverage is shown. */
export interface ReportInterval {
  readonly low: number
  readonly high: number
  readonly confidence: 0.95
  readonly method: 'order-statistic' | 't-log' | 'bca' | 'bootstrap' | 'jackknife'
}

/** Why a verdict was withheld, weakened, or a round left out. */
export type ReasonCode =
  | 'overlap'
  | 'rounds'
  | 'levels'
  | 'reused-instances'
  | 'cpu-bound'
  | 'target-saturated'
  | 'host-saturated'
  | 'failed-invocation'
  | 'tier'
  | 'no-fit'
  | 'clock'
  | 'unequal-shares'
  | 'starved'
  | 'conflict'
  | 'no-placement'
  /** A round that may lie within the burst of a token bucket. */
  | 'burst'
  /** Whether the same functions always get less. */
  | 'persistent'
  /** Nothing tells what the network alone would give. */
  | 'no-network'

export interface Reason {
  readonly code: ReasonCode | (string & {})
  readonly message: string
  readonly round?: string
  readonly invocation?: number
}

/** `firm`: confidence ≥ 0.9; `likely`: ≥ 0.6; null with `inconclusive`. */
export type Grade = 'firm' | 'likely' | null
export type Bottleneck = 'network' | 'cpu' | 'target' | 'host' | 'unknown'
export type SharingVerdict = 'isolated' | 'shared' | 'capped' | 'partial' | 'degrading' | 'capped-degrading' | 'inconclusive'
export type MemoryVerdict = 'flat' | 'proportional' | 'saturating' | 'sublinear' | 'inconclusive'
export type FairnessVerdictName = 'fair' | 'unfair' | 'inconclusive'

/** One combination of factor levels, seen in one direction. Rates in bits per second. */
export interface ReportCell {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  readonly factors: Factors
  readonly rounds: number
  readonly roundsUsed: number
  readonly samples: number
  readonly failed: number
  readonly instances: number | null
  readonly reusedInstances: number | null
  readonly coldStarts: number | null
  /** Median over cold starts; absent where none told it. */
  readonly initMs?: number
  /** Median over rounds, 0–1. */
  readonly overlap: number | null
  /** Over all functions of all used rounds. */
  readonly perFunction: {
    readonly medianBitsPerSecond: number | null
    readonly interval: ReportInterval | null
    readonly p5: number | null
    readonly p95: number | null
    readonly cv: number | null
  }
  /** Over used rounds. */
  readonly aggregate: { readonly medianBitsPerSecond: number | null; readonly interval: ReportInterval | null }
  /** Medians over used rounds; null at n = 1. */
  readonly fairness: {
    readonly jain: number | null
    readonly jainCorrected: number | null
    readonly interval: ReportInterval | null
    readonly worstToFair: number | null
    readonly maxToMin: number | null
    readonly gini: number | null
  } | null
  /** Per function, medians over the rounds whose rate fell; then all rates of the cell are of the steady part. */
  readonly burst: { readonly burstBitsPerSecond: number; readonly steadyBitsPerSecond: number; readonly bucketBytes: number } | null
  /** Round trips while the functions measured; `p95Ms` is null where it rests on pings that were never answered, `idleMs` is there where it was measured. */
  readonly latency: { readonly medianMs: number; readonly p95Ms: number | null; readonly idleMs?: number } | null
  readonly cpuSecondsPerGB: number | null
  readonly cpuCeilingBitsPerSecond: number | null
  readonly bottleneck: Bottleneck
  /** Absent where no objects were moved. */
  readonly decomposition?: Decomposition
}

/** Where the time of objects on their way goes: shares of it, 0–1, together 1 (`tls` is in `connection`); null where it cannot be told from its neighbours. */
export interface Decomposition {
  /** TCP and TLS handshakes. */
  readonly connection: number | null
  /** The part of `connection` that is the TLS handshake; null also where there was none. */
  readonly tls: number | null
  /** From the request to the first byte of the answer. */
  readonly firstByte: number | null
  /** The rest: waiting for bytes of the body. */
  readonly transfer: number
  /** CPU time of verifying what came. */
  readonly checksum: number | null
  /** All other CPU time of the function: SDK (or raw HTTP), TLS records, what the kernel does for it. */
  readonly client: number
  /** What another probe got from the network in the same cell. */
  readonly network: {
    /** Of one function, median. */
    readonly bitsPerSecond: number
    /** ÷ `perFunction.medianBitsPerSecond`. */
    readonly ratio: number
    readonly interval: ReportInterval | null
    /** That probe was held back by its CPU, target or host: the network would give more still. */
    readonly atLeast: boolean
  } | null
  /** Why `network` is null, or a lower bound. */
  readonly reasons: readonly Reason[]
}

export interface SharingFinding {
  readonly memoryMb: number | null
  readonly direction: Direction
  readonly factors: Factors
  readonly verdict: SharingVerdict
  /** 0–1; null where the verdict was refused before fitting. */
  readonly confidence: number | null
  readonly grade: Grade
  /** What n is in all of this: functions on the same host, or, where nobody knows their hosts, functions at once; null where no round was usable. */
  readonly counted: 'same-host' | 'concurrent' | null
  /** Largest n that the verdict speaks of. */
  readonly upToConcurrency: number | null
  readonly perFunctionBitsPerSecond: number | null
  readonly capacityBitsPerSecond: number | null
  readonly knee: { readonly value: number; readonly low: number | null; readonly high: number | null } | null
  readonly exponent: number | null
  readonly isolationIndex: number | null
  readonly lackOfFit: { readonly f: number; readonly flagged: boolean } | null
  readonly reasons: readonly Reason[]
}

export interface MemoryFinding {
  readonly concurrency: number
  readonly direction: Direction
  readonly factors: Factors
  readonly verdict: MemoryVerdict
  readonly confidence: number | null
  readonly grade: Grade
  readonly saturationMemoryMb: number | null
  readonly lackOfFit: { readonly f: number; readonly flagged: boolean } | null
  readonly reasons: readonly Reason[]
}

export interface FairnessFinding {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  readonly factors: Factors
  readonly verdict: FairnessVerdictName
  readonly jainCorrected: number | null
  readonly interval: ReportInterval | null
  /** Whether the same functions (by index, instance, host, target) always get less, or chance deals the shares out anew. */
  readonly persistent: 'yes' | 'no' | 'unknown'
  readonly reasons: readonly Reason[]
}

/** What neighbours cost the victims of an aggressor experiment. */
export type AggressorVerdict = 'isolated' | 'per-function' | 'per-flow' | 'inconclusive'

export interface AggressorFinding {
  readonly memoryMb: number | null
  readonly direction: Direction
  /** Other than neighbours and streams. */
  readonly factors: Factors
  /** `isolated`: neighbours cost nothing; `per-function`: each function counts once; `per-flow`: each of its streams counts. */
  readonly verdict: AggressorVerdict
  /** 0–1; null where the verdict was refused before fitting. */
  readonly confidence: number | null
  readonly grade: Grade
  /** One a cell, the victims alone first. */
  readonly victims: readonly {
    readonly neighbours: number
    /** Of each neighbour; null where there is none. */
    readonly streams: number | null
    /** Goodput of one victim (mean of the victims of a round), median over used rounds. */
    readonly medianBitsPerSecond: number | null
    readonly interval: ReportInterval | null
    /** 1 − rate ÷ rate without neighbours, median over pairs of the same repetition and host; 0 without neighbours, below 0 where it gained. */
    readonly lossRatio: number | null
    readonly lossInterval: ReportInterval | null
  }[]
  readonly reasons: readonly Reason[]
}

export interface CostFinding {
  readonly quotedUsd: number | null
  readonly finalUsd: number | null
  readonly priceBook: { readonly version: string; readonly date: string } | null
  readonly items: readonly { readonly meter: string; readonly quantity: number; readonly usd: number }[]
}

export interface Report {
  readonly schema: 'netfair.report/1'
  readonly experiment: {
    readonly id: string
    readonly provider: { readonly name: string; readonly variant?: string; readonly region?: string; readonly tier?: string }
    readonly probe: { readonly name: string; readonly version: string; readonly params?: Readonly<Record<string, unknown>> }
  }
  readonly cells: readonly ReportCell[]
  readonly sharing: readonly SharingFinding[]
  readonly memory: readonly MemoryFinding[]
  readonly fairness: readonly FairnessFinding[]
  /** Null where no function was a victim or a neighbour by design. */
  readonly aggressor: readonly AggressorFinding[] | null
  readonly colocation: ColocationFinding | null
  readonly cost: CostFinding | null
  /** Null where the functions of a round did not do a fixed work together. */
  readonly costMap: CostMapFinding | null
  readonly excluded: readonly Reason[]
  readonly warnings: readonly Reason[]
}
