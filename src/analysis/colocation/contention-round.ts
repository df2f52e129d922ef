import type { Journal } from '../../model/journal.ts'
import type { CompletedSample, RoundRecord, Sample } from '../../model/journal-record.ts'
import { holm } from '../compare/holm.ts'
import { defaultReadingRules, lost, type Reading } from './contention.ts'
import { blocksOf, type Loss, lossesOf, SETTLING_MS } from './contention-statistic.ts'
import { groupBy } from './group-by.ts'

/** How a round of contention tests is marked in the journal, among its factors. */
export type ContentionMark = {
  /** Its number among those of the journal, from 0. */
  readonly contention: number
  /** Rounds of one session were on the same live instances. */
  readonly session: number
  readonly kind: 'silent' | 'leader' | 'screen'
  readonly test: number
  /** Of a screen, from 0; a screen has several rounds, since nobody can listen while it sends. */
  readonly part: number
  readonly parts: number
  readonly windowMs: number
}

/** Why a round says nothing. */
export type Discarded =
  | 'concurrency'
  | 'start-skew'
  | 'sink-busy'
  | 'sink-unwatched'
  | 'sink-unproven'
  | 'no-sender'
  | 'load-not-felt'
  | 'few-readings'
  | 'incomplete'

/** What one round of contention tests says. */
export interface ContentionRound {
  readonly mark: ContentionMark
  /** All instances that took part, sorted. */
  readonly instances: readonly string[]
  readonly senders: readonly string[]
  /** Of those that did not send; p-values by Holm over the round. */
  readonly readings: readonly Reading[]
  /** Share of the listeners that seem to lose, uncorrected: in a silent round false alarms. */
  readonly alarms: number
  readonly discarded?: Discarded
}

const SINK_BUSY = 0.9
const THROTTLED = 0.5
/** Share of the listeners that must be able to tell. */
const FEWEST_TOLD = 0.5
/** Share of a loaded target's listeners that lose where it may be the target's own way out that is full. */
const ALL_LOSE = 0.8

/** Whether a round is one of contention tests, and none of the experiment's own. */
export function markOf({ factors = {} }: RoundRecord): ContentionMark | undefined {
  const numbers = ['contention', 'session', 'test', 'part', 'parts', 'windowMs'].map((name) => factors[name])
  const kind = factors['kind']
  const marked = numbers.every((value) => typeof value === 'number') && (kind === 'silent' || kind === 'leader' || kind === 'screen')
  return marked ? (factors as unknown as ContentionMark) : undefined
}

/** All rounds of contention tests, in the order in which they ran. */
export function contentionRounds({ rounds, samples }: Pick<Journal, 'rounds' | 'samples'>): readonly ContentionRound[] {
  const byRound = groupBy(samples, ({ round }) => round)
  return rounds
    .flatMap((round) => {
      const mark = markOf(round)
      return mark === undefined ? [] : [readRound(round, mark, byRound.get(round.id) ?? [])]
    })
    .sort((a, b) => a.mark.contention - b.mark.contention)
}

function readRound(round: RoundRecord, mark: ContentionMark, samples: readonly Sample[]): ContentionRound {
  const completed = samples.filter((sample) => sample.outcome === 'completed')
  const [senders, listeners] = [completed.filter(sends), completed.filter((sample) => !sends(sample))]
  const losses = lossesIn(completed, round.startAtMs ?? 0, mark.windowMs)
  const told = listeners.flatMap((sample) => losses.get(sample.instance) ?? [])
  const corrected = holm(told.map(({ pValue }) => pValue))
  const adjusted = new Map(told.map((loss, index) => [loss, corrected[index] ?? 1]))
  const readings = listeners.map(({ instance }): Reading => {
    const loss = losses.get(instance)
    return { listener: instance, pValue: (loss && adjusted.get(loss)) ?? null, effect: loss?.effect ?? null }
  })
  const { minimumEffect, alpha } = defaultReadingRules
  const alarms = told.filter(({ effect, pValue }) => effect >= minimumEffect && pValue <= alpha).length / Math.max(1, told.length)
  const felt = senders.every(({ instance }) => (losses.get(instance)?.effect ?? 0) >= minimumEffect)
  const discarded =
    whyNot(round, mark, completed) ??
    (told.length < FEWEST_TOLD * listeners.length ? 'few-readings' : undefined) ??
    (felt ? undefined : 'load-not-felt') ??
    (sinkProven(round, completed, readings) ? undefined : 'sink-unproven')
  return {
    mark,
    instances: [...new Set(completed.map(({ instance }) => instance))].sort(),
    senders: senders.map(({ instance }) => instance).sort(),
    readings,
    alarms,
    ...(discarded !== undefined && { discarded }),
  }
}

const sends = ({ values }: CompletedSample): boolean => values?.['sends'] === 1

/** Those that had no CPU, or whose clock is too coarse, say nothing. */
function lossesIn(samples: readonly CompletedSample[], startMs: number, windowMs: number): ReadonlyMap<string, Loss> {
  const fit = samples.flatMap(({ instance, intervals = [], throttled = 0, clockUncertaintyMs = 0 }) => {
    if (throttled >= THROTTLED || clockUncertaintyMs > SETTLING_MS / 2) return []
    const blocks = blocksOf(intervals, startMs, windowMs)
    return blocks === undefined ? [] : [{ instance, blocks }]
  })
  const losses = lossesOf(fit.map(({ blocks }) => blocks))
  return new Map(fit.flatMap(({ instance }, index) => (losses[index] === undefined ? [] : [[instance, losses[index]]])))
}

function whyNot(round: RoundRecord, { kind }: ContentionMark, samples: readonly CompletedSample[]): Discarded | undefined {
  const { startAtMs, concurrency, completed } = round
  if (completed !== true || startAtMs === undefined) return 'incomplete'
  if (new Set(samples.map(({ instance }) => instance)).size !== concurrency) return 'concurrency'
  if (samples.some(({ startedAtMs }) => startedAtMs - startAtMs > SETTLING_MS)) return 'start-skew'
  const senders = samples.filter(sends)
  if (kind !== 'silent' && senders.length === 0) return 'no-sender'
  return sinkOf(round, samples, new Set(senders.map(({ target = 0 }) => target)))
}

/** The measuring side must have had room; where nobody watched it, listeners must have had another one than senders. */
function sinkOf({ targets = [] }: RoundRecord, samples: readonly CompletedSample[], loaded: ReadonlySet<number>): Discarded | undefined {
  const loads = targets.flatMap(({ cpuBusy, busiestThread, nicUse }) => [cpuBusy, busiestThread, nicUse].filter((use) => use !== undefined))
  if (loads.some((use) => use >= SINK_BUSY)) return 'sink-busy'
  const watched = (target: number): boolean => targets[target]?.cpuBusy !== undefined
  const blind = samples.some((sample) => !sends(sample) && !watched(sample.target ?? 0) && loaded.has(sample.target ?? 0))
  return blind ? 'sink-unwatched' : undefined
}

/**
 * A limit on a target's way out, which it cannot see itself, looks like one host of all who use it: somebody on a loaded target must lose
 * nothing, or somebody on another one lose as well. The target of a lab on this host has no such limit.
 */
function sinkProven({ hostIdle }: RoundRecord, samples: readonly CompletedSample[], readings: readonly Reading[]): boolean {
  if (hostIdle !== undefined) return true
  const loaded = new Set(samples.filter(sends).map(({ target = 0 }) => target))
  const targetOf = new Map(samples.map(({ instance, target = 0 }) => [instance, target]))
  const onLoaded = ({ listener }: Reading): boolean => loaded.has(targetOf.get(listener) ?? 0)
  const losing = (some: readonly Reading[]): number => some.filter((reading) => lost(reading, defaultReadingRules) === true).length
  const there = readings.filter((reading) => onLoaded(reading) && reading.pValue !== null)
  const all = there.length > 0 && losing(there) >= ALL_LOSE * there.length
  return !all || losing(readings.filter((reading) => !onLoaded(reading))) > 0
}
