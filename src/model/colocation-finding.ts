import type { Factors } from './journal-record.ts'
import type { ReportInterval } from './report.ts'

/** The closest level that is known. `same-egress` says nothing of hosts. */
export type ColocationLevel = 'same-sandbox' | 'same-vm' | 'same-host' | 'same-egress'

/** Median over rounds, with its interval: null below 6 rounds, and where rounds had instances in common. */
export interface RoundsMedian {
  readonly median: number
  readonly interval: ReportInterval | null
}

/** Which instances were together, by what, and of how many nobody can tell. */
export interface ColocationFinding {
  /** Two instances or more; a group of which a closer level says all is not repeated. */
  readonly groups: readonly {
    readonly level: ColocationLevel | (string & {})
    /** Nonces, sorted. */
    readonly instances: readonly string[]
    /** What linked them: `basis:key`, the basis one of declared, identifier, fingerprint, contention. */
    readonly evidence: readonly string[]
    /** Of the weakest link without which the group would fall apart, 0–1. */
    readonly confidence: number
    /** What spoke against it. */
    readonly conflicts: readonly string[]
    /** First and last sign of life of its instances, epoch milliseconds: it says nothing of other times. */
    readonly fromMs: number
    readonly toMs: number
  }[]
  /** Of all pairs of instances, those neither known to be together nor known to be apart, 0–1; null with fewer than two instances. */
  readonly unknownShare: number | null
  readonly instances: number
  /** Pairs of instances, each at the closest level that is known. */
  readonly pairs: {
    readonly sameSandbox: number
    readonly sameVm: number
    readonly sameHost: number
    readonly differentHost: number
    readonly unknown: number
  }
  /** Instances that could belong to several groups: in none. */
  readonly undecided: readonly string[]
  /** Values that were read and not used, of how many instances, and an example of why. */
  readonly dropped: readonly { readonly key: string; readonly code: string; readonly instances: number; readonly message: string }[]
  /** How many functions of a round landed together, by memory, burst and other factors; lower bounds where much is unknown. */
  readonly landed: readonly {
    readonly memoryMb: number | null
    /** Functions started together. */
    readonly concurrency: number
    readonly factors: Factors
    readonly rounds: number
    /** Share of the functions that are with no other as far as anybody can tell, 0–1; below they count as alone. */
    readonly unknownShare: number
    /** Functions on the host of a function, itself counted: mean over the functions of a round. */
    readonly together: RoundsMedian
    /** Functions on the fullest host of a round. */
    readonly largest: RoundsMedian
    /** Share of the functions, 0–1, that were so many or more on their host; ascending, for every number that was seen, but for 1. */
    readonly sizes: readonly { readonly atLeast: number; readonly share: RoundsMedian }[]
  }[]
  /** Whether rounds put the same instances together, each by its own facts; null where no two rounds have two instances in common. */
  readonly betweenRounds: {
    /** Compared, two rounds that follow each other at a time. */
    readonly pairsOfRounds: number
    /** Medians over them. */
    readonly fowlkesMallows: number | null
    readonly adjustedRand: number | null
  } | null
  /** What was found without the declared hosts, against them; null where no host is declared. */
  readonly quality: ColocationQuality | null
  /** Tests by contention, one entry a set of live instances; absent where there were none. */
  readonly contention?: readonly ColocationTests[]
}

/** What tests by contention were run, and what they were worth. Their groups are among all groups, with evidence `contention:<channel>`. */
export interface ColocationTests {
  /** What was loaded. Groups by `network` alone are no proof that neighbours contend for it: that is how they were found. */
  readonly channel: string
  /** Rounds of all kinds, with those in which nobody sent. */
  readonly rounds: number
  /** Those that were answered. */
  readonly tests: number
  /** Rounds that say nothing, by why. */
  readonly discarded: readonly { readonly code: string; readonly rounds: number }[]
  /** Why nothing was concluded. */
  readonly refused?: string
}

/** How well one grouping agrees with another, over all pairs. Null where a ratio is 0 ÷ 0: there was nothing to be right about. */
export interface GroupingAgreement {
  /** Of the pairs that were put together, the share that is together in truth. */
  readonly precision: number | null
  /** Of the pairs that are together in truth, the share that was put together. */
  readonly recall: number | null
  /** Harmonic mean of the two. */
  readonly f1: number | null
  /** Geometric mean of the two (Fowlkes and Mallows 1983). */
  readonly fowlkesMallows: number | null
  /** 1: the same; 0: as chance would have it (Hubert and Arabie 1985). */
  readonly adjustedRand: number | null
  /** Groups that were made, single ones too, less those in truth. */
  readonly groupCountError: number
}

/** Over pairs of instances whose host is declared. */
export interface ColocationQuality extends GroupingAgreement {
  readonly unknownShare: number | null
  /** Instances whose host is declared. */
  readonly instances: number
  /**
   * 95 %, over other hosts like the declared ones, by the jackknife over whole hosts: pairs of one host depend on each other. Null below
   * 20 hosts; one of them is null where fewer than 10 hosts have a mistake that counts for it: few mistakes seen do not bound those unseen.
   */
  readonly intervals: {
    readonly precision: ReportInterval | null
    readonly recall: ReportInterval | null
    readonly f1: ReportInterval | null
    readonly fowlkesMallows: ReportInterval | null
    readonly adjustedRand: ReportInterval | null
  } | null
}
