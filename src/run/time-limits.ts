import { triesAtMost } from '../model/fixed-work.ts'
import { type Cell, longestMeasuredMs, longestRoundMs, type PlannedRound } from './plan.ts'

/** What a round may take beside measuring. */
export interface TimeLimits {
  /** How long the others are waited for once the first function is ready. */
  readonly readyTimeoutMs: number
  /** How long a function may take for everything but waiting for the others and measuring. */
  readonly replyTimeoutMs: number
}

/** With their defaults. */
export const timeLimits = ({ readyTimeoutMs = 15_000, replyTimeoutMs = 10_000 }: Partial<TimeLimits>): TimeLimits => ({
  readyTimeoutMs,
  replyTimeoutMs,
})

/** How long an invocation of a cell may take, in milliseconds: until its deadline. */
export const invocationLimitMs = (cell: Cell, { readyTimeoutMs, replyTimeoutMs }: TimeLimits): number =>
  readyTimeoutMs + longestMeasuredMs(cell) + replyTimeoutMs

/**
 * How long the invocations of a round may follow each other, in milliseconds: with fixed work that is done one chunk an invocation, each of them
 * may take its time, also those that try a chunk again.
 */
export function followingMs(cell: Cell, limits: TimeLimits): number {
  const { work, concurrency } = cell
  const once = limits.readyTimeoutMs + longestRoundMs(cell) + limits.replyTimeoutMs
  if (work?.mode !== 'one-per-invocation') return once
  return Math.max(once, triesAtMost * Math.ceil(work.chunks / concurrency) * invocationLimitMs(cell, limits))
}

/** Beside all rounds: deployment, waiting for the host, removal. */
const SLACK_MS = 3_600_000

/** How long a run may take at the very most, in milliseconds: every round at its limit, and all of them twice. */
export function longestMs(rounds: readonly PlannedRound[], restMs: number, limits: TimeLimits): number {
  return rounds.reduce((sum, round) => sum + 2 * (followingMs(round, limits) + restMs), SLACK_MS)
}
