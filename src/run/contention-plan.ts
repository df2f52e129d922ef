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
}

export interface ContentionPlace {
  /** Number of the round among all such rounds of the journal. */
  readonly number: number
  readonly session: number
}

/** Undefined where none are asked for. */
export function contentionQuote(experiment: Experiment): ContentionQuote | undefined {
  const { colocation, concurrency } = experiment
  if (colocation === undefined) return undefined
  const { maximumTests: tests, maximumBytes } = colocation
  const bytes = Math.min(maximumBytes, tests * testBytes(colocation, Math.max(...concurrency), 1))
  return { tests, bytes, measuredMs: tests * testProbe(colocation, []).expectedMs }
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
    id: `contention-${number}-r0`,
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
