import type { ContentionMark } from '../analysis/colocation/contention-round.ts'
import type { NextContention } from '../analysis/colocation/contention-session.ts'
import { testBytes, testProbe } from './contention-options.ts'
import type { Experiment } from './experiment.ts'
import type { PlannedRound } from './plan.ts'
import { placesOf } from './provider-factors.ts'

/** What tests of contention will use at most. */
export interface ContentionQuote {
  /** Rounds. */
  readonly tests: number
  readonly bytes: number
  /** Measured time, without start and end of the rounds. */
  readonly measuredMs: number
  /** US dollars; null where nothing is billed or no price is known. */
  readonly usd: number | null
}

/** Ids of rounds of tests begin with it. */
export const TEST_ID = 'contention'

export interface ContentionPlace {
  /** Number of the round among all such rounds of the journal. */
  readonly number: number
  readonly session: number
}

/**
 * Undefined where none are asked for.
 * @param usd - what all of them cost
 */
export function contentionQuote(experiment: Experiment, usd: number | null): ContentionQuote | undefined {
  const { colocation } = experiment
  if (colocation === undefined) return undefined
  const { maximumTests: tests } = colocation
  return { tests, bytes: tests * testBytesQuoted(experiment), measuredMs: tests * testProbe(colocation, []).expectedMs, usd }
}

/** Bytes of a test, on average at most. */
export function testBytesQuoted({ colocation, concurrency }: Pick<Experiment, 'colocation' | 'concurrency'>): number {
  if (colocation === undefined) return 0
  const functions = Math.max(...concurrency)
  return Math.min(colocation.maximumBytes / colocation.maximumTests, testBytes(colocation, functions, mostSenders('screen', functions)))
}

/** How many functions of a test send at most. */
export function mostSenders(kind: ContentionMark['kind'], functions: number): number {
  return kind === 'silent' ? 0 : kind === 'leader' ? 1 : Math.ceil(functions / 2)
}

/** A round of tests: all functions of the first place with the largest memory. */
export function contentionRound(
  experiment: Experiment & Required<Pick<Experiment, 'colocation'>>,
  { senders, ...next }: NextContention,
  { number, session }: ContentionPlace,
): PlannedRound {
  const { colocation, concurrency } = experiment
  const [place] = placesOf(experiment).toSorted((a, b) => b.memoryMb - a.memoryMb)
  if (place === undefined) throw new RangeError('an experiment without a place')
  const mark: ContentionMark = { contention: number, session, ...next, windowMs: colocation.burstMs }
  return {
    id: `${TEST_ID}-${number}-r0`,
    repetition: 0,
    probe: testProbe(colocation, senders),
    memoryMb: place.memoryMb,
    concurrency: Math.max(...concurrency),
    direction: 'download',
    factors: { ...place.levels, ...mark },
  }
}

/** All that may run, for the quote of what they cost. */
export function contentionRoundsAtMost(experiment: Experiment): readonly PlannedRound[] {
  const { colocation } = experiment
  if (colocation === undefined) return []
  const next: NextContention = { kind: 'silent', test: 0, part: 0, parts: 1, senders: [] }
  return Array.from({ length: colocation.maximumTests }, (_, number) =>
    contentionRound({ ...experiment, colocation }, next, { number, session: 0 }),
  )
}
