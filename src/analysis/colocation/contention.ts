import { logOdds } from './level.ts'

/** An instance that may be tested, and what is known of its place. */
export interface Candidate {
  /** The nonce. */
  readonly instance: string
  /** Instances of two strata are provably on different hosts. Default: one stratum. */
  readonly stratum?: string
  /** Instances of one host share it; others may share it too. Default: one fingerprint. */
  readonly fingerprint?: string
}

/**
 * One test: all listeners measure their rate without, with and again without the senders' load.
 *
 * `leader`: one sender; who loses shares its host. `screen`: all leaders send at once, and each listens: who loses shares a host with some other.
 */
export interface ContentionTest {
  readonly kind: 'leader' | 'screen'
  readonly senders: readonly string[]
  /** Of a leader test the sender is none of them. */
  readonly listeners: readonly string[]
}

/** What one listener read. */
export interface Reading {
  readonly listener: string
  /** That chance alone gives so large a loss; null where the listener could not measure. */
  readonly pValue: number | null
  /** Share of its rate that the listener lost, 0–1; below 0 where it gained; null as above. */
  readonly effect: number | null
}

export interface ContentionAnswer extends ContentionTest {
  readonly readings: readonly Reading[]
}

/** When a reading counts as a loss, and how often it is wrong. */
export interface ReadingRules {
  /** Largest p-value of a loss, corrected by the caller where it wants. Default 0.05. */
  readonly alpha: number
  /** Smallest effect of a loss. Default 0.15. Half of it and more, or all of it by chance, is uncertain. */
  readonly minimumEffect: number
  /** How often a reading is wrong, in both directions; the self-calibration of the channel tells it. Default 0.05. */
  readonly readingError: number
}

export const defaultReadingRules: ReadingRules = { alpha: 0.05, minimumEffect: 0.15, readingError: 0.05 }

/** Whether the listener lost; undefined: cannot tell. */
export function lost({ pValue, effect }: Reading, { alpha, minimumEffect }: ReadingRules): boolean | undefined {
  if (pValue === null || effect === null) return undefined
  if (effect < minimumEffect / 2) return false
  if (effect < minimumEffect) return pValue <= alpha ? undefined : false
  return pValue <= alpha ? true : undefined
}

/** What a reading says for "the same host", in log-odds. */
export function weightOf(reading: Reading, rules: ReadingRules): number {
  const answer = lost(reading, rules)
  if (answer === undefined) return 0
  return answer ? -logOdds(rules.readingError) : logOdds(rules.readingError)
}
