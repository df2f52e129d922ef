import { expect, type MatcherState } from 'vitest'
import { InputError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { Report } from '../model/report.ts'
import { checkBandwidth } from '../report/check/bandwidth.ts'
import { type CheckedClaim, failureMessage, notRefutedMessage } from '../report/check/claim.ts'
import { checkFair } from '../report/check/fair.ts'
import { checkIsolated } from '../report/check/isolated.ts'
import { checkNotWorse, type NotWorseOptions } from '../report/check/not-worse.ts'
import type { BandwidthOptions, FairOptions, IsolatedOptions } from '../run/expectations.ts'

/**
 * Matchers for vitest, registered by `import 'netfair/vitest'` in a test or a set-up file.
 *
 * Each tests every finding or cell that its filter matches; none matching is an error, and `inconclusive` fails unless
 * `allowInconclusive`. `.not` passes where the opposite was shown at one place at least: what nobody could tell passes neither way.
 */
export interface NetfairMatchers<Result = void> {
  /** As `assertIsolated`. */
  toBeIsolated(options?: IsolatedOptions): Result
  /** As `assertFair`. */
  toBeFair(options?: FairOptions): Result
  /** As `assertBandwidth`. */
  toHaveBandwidth(options: BandwidthOptions): Result
  /** As `assertNotWorse`; both sides may be a report or a journal. */
  toNotBeWorseThan(baseline: Report | Journal, options?: NotWorseOptions): Result
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends NetfairMatchers<R> {}
}

expect.extend({
  toBeIsolated(received: unknown, options?: IsolatedOptions) {
    return result(this, checkIsolated(report(received), options))
  },
  toBeFair(received: unknown, options?: FairOptions) {
    return result(this, checkFair(report(received), options))
  },
  toHaveBandwidth(received: unknown, options: BandwidthOptions) {
    return result(this, checkBandwidth(report(received), options))
  },
  toNotBeWorseThan(received: unknown, baseline: Report | Journal, options?: NotWorseOptions) {
    return result(this, checkNotWorse(reportOrJournal(received), reportOrJournal(baseline), options))
  },
})

/** vitest turns `pass` round for `.not`. */
function result({ isNot }: MatcherState, checked: CheckedClaim): { readonly pass: boolean; readonly message: () => string } {
  if (isNot) return { pass: !checked.refuted, message: () => notRefutedMessage(checked) }
  return { pass: checked.pass, message: () => failureMessage(checked) }
}

const has = (value: unknown, key: string): boolean => typeof value === 'object' && value !== null && key in value

function report(received: unknown): Report {
  if (has(received, 'cells')) return received as Report
  throw notA('a report', has(received, 'then') ? 'Await `analyze` first.' : 'Pass what `analyze` returns.')
}

function reportOrJournal(received: unknown): Report | Journal {
  if (has(received, 'cells') || has(received, 'samples')) return received as Report | Journal
  throw notA('a report or a journal', has(received, 'then') ? 'Await it first.' : 'Pass what `analyze`, `run` or `loadJournal` returns.')
}

const notA = (what: string, hint: string): InputError =>
  new InputError('NOT_A_REPORT', `expect(): the value is not ${what}. ${hint}`, { hint })
