import { ExpectationError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { Report } from '../model/report.ts'
import type { BandwidthOptions, FairOptions, IsolatedOptions } from '../run/expectations.ts'
import { checkBandwidth } from './check/bandwidth.ts'
import { type CheckedClaim, failureMessage } from './check/claim.ts'
import { checkFair } from './check/fair.ts'
import { checkIsolated } from './check/isolated.ts'
import { checkNotWorse, type NotWorseOptions } from './check/not-worse.ts'

/**
 * Asserts that functions do not share the network: the sharing verdict is `isolated` at every memory size, direction and factor level
 * that matches. With `upTo` a cap whose knee (its whole interval) is not below `upTo` passes too: up to there it takes nothing away.
 *
 * @example assertIsolated(report, { upTo: 16, memoryMb: 2048 })
 * @throws ExpectationError `NOT_ISOLATED`: with verdict, interval, reasons and the worst cell. `inconclusive` fails unless `allowInconclusive`
 * @throws InputError `NOTHING_MATCHES`, `UNKNOWN_OPTION` (with the nearest known key), `INVALID_OPTION`
 */
export function assertIsolated(report: Report, options: IsolatedOptions = {}): void {
  demand('NOT_ISOLATED', checkIsolated(report, options))
}

/**
 * Asserts that the network is divided fairly in every cell of two functions or more that matches.
 *
 * @example assertFair(report, { minimumJain: 0.95, concurrency: [8, 16] })
 * @throws ExpectationError `NOT_FAIR`: with verdict, index, worst function and reasons. `inconclusive` fails unless `allowInconclusive`
 * @throws InputError as {@link assertIsolated}
 */
export function assertFair(report: Report, options: FairOptions = {}): void {
  demand('NOT_FAIR', checkFair(report, options))
}

/**
 * Asserts that the median function gets at least so much in every cell that matches: the whole 95 % interval must lie above.
 *
 * @example assertBandwidth(report, { atLeastBitsPerSecond: 20e6, memoryMb: 2048 })
 * @throws ExpectationError `TOO_LITTLE_BANDWIDTH`: with rate, interval and bottleneck. An interval across the bar, or none, is inconclusive
 *   and fails unless `allowInconclusive`
 * @throws InputError as {@link assertIsolated}
 */
export function assertBandwidth(report: Report, options: BandwidthOptions): void {
  demand('TOO_LITTLE_BANDWIDTH', checkBandwidth(report, options))
}

/**
 * Asserts that no cell that matches gets less than in the baseline, up to a margin (default 10 %), with 95 % confidence.
 *
 * Give journals where you can: they are compared round by round, in pairs where hosts allow it, and the interval is narrower. Reports, or a
 * report and a journal, are compared by their medians and intervals.
 *
 * @example assertNotWorse(await run(experiment), await loadJournal('baseline.ndjson'), { margin: 0.2 })
 * @throws ExpectationError `WORSE`: with ratio, interval and reasons. An interval across the margin is inconclusive and fails unless
 *   `allowInconclusive`
 * @throws InputError `DIFFERENT_PROBES`, and as {@link assertIsolated}
 */
export function assertNotWorse(candidate: Report | Journal, baseline: Report | Journal, options: NotWorseOptions = {}): void {
  demand('WORSE', checkNotWorse(candidate, baseline, options))
}

function demand(code: string, checked: CheckedClaim): void {
  if (checked.pass) return
  const failed = checked.outcomes.some(({ outcome }) => outcome === 'fails')
  throw new ExpectationError(code, failureMessage(checked), {
    hint: failed ? 'Look at the cells named above, or expect less.' : 'Measure more, mend what the reasons say, or set allowInconclusive.',
  })
}
