import type { Direction, Factors } from './journal-record.ts'
import type { Grade, MemoryVerdict, Reason, ReportInterval, SharingVerdict } from './report.ts'

/** A median over rounds, with its interval. */
export interface CostMapFigure {
  readonly median: number
  readonly interval: ReportInterval | null
}

/** What can be chosen: how large the functions are, and how many run at a time. */
export interface CostMapConfiguration {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly factors: Factors
}

/** What the work took and cost in one configuration. */
export interface CostMapCell extends CostMapConfiguration {
  readonly rounds: number
  /** Rounds in which all of the work was done. */
  readonly roundsUsed: number
  /** From the agreed start to the end of the last chunk. */
  readonly responseMs: CostMapFigure | null
  /** Σ of the times of the chunks. */
  readonly aggregatedMs: CostMapFigure | null
  /** Σ of the billed times, as the plan rounds them. */
  readonly billedMs: CostMapFigure | null
  readonly usd: CostMapFigure | null
  /** Of the cheapest cell's median, which counts as 1. */
  readonly relativeCost: CostMapFigure | null
}

export interface CostMapFrontPoint extends CostMapConfiguration {
  readonly responseMs: number
  readonly usd: number
  /** −Δln time ÷ Δln cost from the next cheaper point of the front; null at the cheapest. */
  readonly elasticity: number | null
}

/** Where more functions, or more memory, no longer make chunks as fast as before. */
export interface CostMapKnee {
  readonly along: 'concurrency' | 'memory'
  /** Null along memory. */
  readonly memoryMb: number | null
  /** Null along concurrency. */
  readonly concurrency: number | null
  readonly factors: Factors
  readonly verdict: SharingVerdict | MemoryVerdict
  readonly confidence: number | null
  readonly grade: Grade
  /** Functions, or MB; null where there is no knee in range. */
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly reasons: readonly Reason[]
}

export interface CostMapChoice extends CostMapConfiguration {
  readonly responseMs: number
  readonly usd: number
  /** Others whose interval overlaps with its own: cheaper or faster only by chance. Null where it has no interval. */
  readonly alike: readonly CostMapConfiguration[] | null
  /** Whether the limits hold at the upper ends of its intervals too; null without limits, or without an interval. */
  readonly surely: boolean | null
}

/** A configuration that was not measured. */
export interface CostMapPrediction extends CostMapConfiguration {
  /** Null where it is refused. */
  readonly responseMs: number | null
  readonly usd: number | null
  readonly reasons: readonly Reason[]
}

/** Relative errors of predictions, 0 = right. */
export interface CostMapError {
  readonly median: number
  readonly worst: number
}

/** Response time and cost of the same work over memory × concurrency. */
export interface CostMapFinding {
  readonly direction: Direction
  readonly work: { readonly chunks: number; readonly chunkBytes: number; readonly mode: string }
  /** Null where nothing is billed and no other platform was named: then there is no cost. */
  readonly prices: {
    readonly provider: string
    readonly plan: string
    readonly region: string
    readonly architecture: string
    readonly priceBook: { readonly version: string; readonly date: string }
    /** Priced as if it had run there. */
    readonly asIf: boolean
    /** Meters whose price was not checked against the provider's own page. */
    readonly unverified: readonly string[]
  } | null
  readonly cells: readonly CostMapCell[]
  /** By rising response time; empty where nothing is priced. */
  readonly front: readonly CostMapFrontPoint[]
  readonly knee: readonly CostMapKnee[]
  /** Within the limits. */
  readonly cheapest: CostMapChoice | null
  readonly fastest: CostMapChoice | null
  /** By the strategy. */
  readonly chosen: CostMapChoice | null
  readonly strategy: {
    readonly name: 'cost' | 'speed' | 'balanced'
    /** Of cost, 0–1. */
    readonly weight: number
    readonly deadlineMs: number | null
    readonly budgetUsd: number | null
  }
  readonly predictions: readonly CostMapPrediction[]
  /** Each measured cell predicted from all others. */
  readonly predictionError: {
    readonly heldOut: number
    /** Cells outside of what the others span. */
    readonly refused: number
    readonly responseMs: CostMapError | null
    readonly usd: CostMapError | null
  } | null
  readonly reasons: readonly Reason[]
}
