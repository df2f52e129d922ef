import type { CompletedSample, Direction, ExperimentRecord, RoundRecord, Sample } from '../model/journal-record.ts'
import type { Bottleneck, Reason, ReasonCode } from '../model/report.ts'
import { type RoundLoad, roundBottleneck } from './bottleneck.ts'
import { commonSeries } from './common-series.ts'
import { type Drop, findDrop } from './drop.ts'
import { fallsLate } from './late-fall.ts'
import { ascending, median } from './quantile.ts'
import type { RoundHosts } from './round-hosts.ts'
import { type TakenTurns, takenTurns } from './taken-turns.ts'
import type { Thresholds } from './thresholds.ts'
import { bytesInside, overlap, roundWindow, type Window } from './window.ts'

/** One round in one direction. */
export interface MeasuredRound {
  readonly round: RoundRecord
  readonly samples: readonly Sample[]
  /** Of all its functions, where it is declared. */
  readonly host?: string
  /** Of each sample, where all are known, declared or not. */
  readonly hosts?: readonly string[]
  /** Present when all functions completed. */
  readonly overlap?: number
  /** Present when all functions completed and the rates are known, also where the round takes no part. */
  readonly bottleneck?: Bottleneck
  /** Present when the round takes part. */
  readonly division?: Division
  /** Present when its rate stepped down in a round that takes part; `division` is of the time after it, where that is long enough. */
  readonly fall?: { readonly drop: Drop; readonly division: Division | undefined }
  /** Present when its rate fell so late that nothing tells where it would have settled. */
  readonly fallsLate?: true
  /** Present when it takes none. */
  readonly exclusion?: Reason
}

/** How the network was divided in a round that takes part. */
export interface Division {
  /** Bits per second in the window, by invocation. */
  readonly rates: readonly number[]
  /** Names of the instances, in the same order. */
  readonly instances: readonly string[]
  readonly aggregate: number
  readonly median: number
}

export interface RoundContext {
  readonly experiment: ExperimentRecord
  readonly thresholds: Thresholds
  readonly hostsOf: RoundHosts
  readonly direction: Direction
  /** In cores. */
  readonly quota: number | undefined
  /** A reason that the journal itself gives. */
  readonly exclusion: Reason | undefined
}

/** Measures a round in its window, or says why it takes no part. */
export function measureRound(round: RoundRecord, samples: readonly Sample[], context: RoundContext): MeasuredRound {
  const { thresholds } = context
  if (context.exclusion !== undefined) return { round, samples, exclusion: context.exclusion }
  const hosts = context.hostsOf(round, samples)
  const host = commonHost(round, samples)
  const unmeasured = { round, samples, ...(host !== undefined && { host }), ...(hosts !== undefined && { hosts }) }
  const { work } = context.experiment.plan
  // Functions that come and go have no window, and so tell no rates.
  if (work?.mode === 'one-per-invocation') return unmeasured
  // Those that moved what was left of a fixed work came later.
  const together = work === undefined ? samples : samples.filter(({ invocation }) => invocation < round.concurrency)
  const failure = failureOf(round, together)
  if (failure !== undefined) return { ...unmeasured, exclusion: failure }
  const completed = together as readonly CompletedSample[]
  const overlapped = { ...unmeasured, overlap: overlap(completed) }
  const window = roundWindow(completed, context.experiment.plan.warmUpMs ?? 0)
  const seconds = (window.endMs - window.startMs) / 1000
  const exclude = (code: ReasonCode | 'no-bytes' | 'no-direction', what: string) => ({
    ...overlapped,
    exclusion: { code, message: `Round ${round.id}, ${context.direction}: ${what}.`, round: round.id },
  })
  if (completed.length > round.concurrency)
    return exclude('conflict', `it holds samples of ${completed.length} functions, not of ${round.concurrency}`)
  if (round.direction === 'both' && completed.some(({ direction }) => direction === undefined)) {
    return exclude('no-direction', 'the direction of a sample is not known')
  }
  if (overlapped.overlap < thresholds.minimumOverlap) {
    return exclude('overlap', `its functions overlapped for ${percent(overlapped.overlap)} of the time only`)
  }
  if (seconds <= 0) return exclude('overlap', 'no time is left after the warm-up in which all functions were active')
  const rates = ratesIn(completed, window)
  if (rates === undefined) return exclude('no-bytes', 'the bytes of a function are not known')
  const load: RoundLoad = { round, samples: completed, rates, quota: context.quota }
  const loaded = { ...overlapped, bottleneck: roundBottleneck(load, thresholds) }
  const problem = doubt(completed, rates, seconds, thresholds)
  if (problem !== undefined) return { ...exclude(...problem), bottleneck: loaded.bottleneck }
  const measured = { ...loaded, division: divide(completed, rates) }
  const series = commonSeries(completed)
  const drop = series && findDrop(series, completed.length, thresholds)
  return drop === undefined
    ? { ...measured, ...(series !== undefined && fallsLate(series) && { fallsLate: true }) }
    : { ...measured, fall: { drop, division: dividedFrom(drop.steadyFromMs, completed, window, thresholds) } }
}

/** Bits per second in the window. */
function ratesIn(samples: readonly CompletedSample[], window: Window): readonly number[] | undefined {
  const bytes = samples.map((sample) => bytesInside(sample, window))
  return bytes.includes(undefined) ? undefined : (bytes as number[]).map((moved) => (moved * 8000) / (window.endMs - window.startMs))
}

function divide(samples: readonly CompletedSample[], rates: readonly number[]): Division {
  const instances = samples.map(({ instance }) => instance)
  const aggregate = rates.reduce((sum, rate) => sum + rate, 0)
  return { rates, instances, aggregate, median: median(ascending(rates)) ?? 0 }
}

/** The division in the rest of the window, where the clocks are good enough for it. */
function dividedFrom(fromMs: number, samples: readonly CompletedSample[], window: Window, thresholds: Thresholds): Division | undefined {
  const rest = { ...window, startMs: Math.max(window.startMs, fromMs) }
  const rates = rest.startMs < rest.endMs ? ratesIn(samples, rest) : undefined
  const trusted = rates !== undefined && doubt(samples, rates, (rest.endMs - rest.startMs) / 1000, thresholds) === undefined
  return trusted ? divide(samples, rates) : undefined
}

function commonHost(round: RoundRecord, samples: readonly Sample[]): string | undefined {
  const [first, ...others] = new Set(samples.map(({ host }) => host))
  return round.host ?? (others.length === 0 ? first : undefined)
}

/** Why the rates of a round are not to be trusted. */
function doubt(
  samples: readonly CompletedSample[],
  rates: readonly number[],
  seconds: number,
  thresholds: Thresholds,
): [code: ReasonCode | 'no-bytes', what: string] | undefined {
  const uncertaintyMs = samples.reduce((worst, { clockUncertaintyMs }) => Math.max(worst, clockUncertaintyMs ?? 0), 0)
  if (seconds * 1000 < thresholds.windowPerClockUncertainty * uncertaintyMs) {
    return ['clock', `the clocks are known to ${uncertaintyMs.toFixed(1)} ms, the window has ${(seconds * 1000).toFixed(0)} ms`]
  }
  const turns = takenTurns(samples)
  if (turns !== undefined) return ['reused-instances', inWords(turns)]
  return rates.every((rate) => rate === 0) ? ['no-bytes', 'nothing was moved'] : undefined
}

function failureOf(round: RoundRecord, samples: readonly Sample[]): Reason | undefined {
  const excluded = (what: string, invocation?: number): Reason => ({
    code: 'failed-invocation',
    message: `Round ${round.id}: ${what}.`,
    round: round.id,
    ...(invocation !== undefined && { invocation }),
  })
  const failed = samples.filter((sample) => sample.outcome !== 'completed')
  const turns = takenTurns(samples)
  if (failed.length > 0 && turns !== undefined) return { ...excluded(inWords(turns)), code: 'reused-instances' }
  const first = failed[0]
  if (first !== undefined) {
    const others = failed.length > 1 ? `, and ${failed.length - 1} more` : ''
    return excluded(
      `function ${first.invocation} ${verb[first.outcome]} (${first.error.code}: ${first.error.message})${others}`,
      first.invocation,
    )
  }
  const missing = round.concurrency - samples.length
  return missing > 0 ? excluded(`${missing} of ${round.concurrency} functions left no sample`) : undefined
}

const inWords = ({ invocations, instances }: TakenTurns): string => `${invocations} invocations ran in ${instances} instances`
const verb = { failed: 'failed', 'not-run': 'could not run' } as const
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
