import type { FixedWork } from '../model/fixed-work.ts'
import type { Chunk, Direction, Factors, FailedSample, Sample } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import type { Cell } from './cell.ts'
import type { MeasuredRound } from './measured-round.ts'
import { takenTurns } from './taken-turns.ts'
import { meanTogether } from './together.ts'

/** What one round of a fixed work took. Times in milliseconds. */
export interface WorkRound {
  readonly id: string
  readonly host?: string
  /** Of all its invocations, with those that tried chunks once more. */
  readonly samples: readonly Sample[]
  /** Response time: from the first start of a function to the end of the last chunk. */
  readonly responseMs: number
  /** Σ over chunks of the time that each took in the try that counts. */
  readonly aggregatedMs: number
  /** Σ over invocations, from start to end of what each measured; undefined where one is not known. */
  readonly functionMs: number | undefined
  /** Σ over invocations of the billed time, or where the platform tells none of the function's own; undefined where one is not known. */
  readonly billedMs: number | undefined
  /** How many chunks were under way beside each, itself counted, on average over their time: ≥ 1. */
  readonly together: number
  /** Of the chunks that count. */
  readonly bytes: number
  readonly invocations: number
  /** Tries that moved a chunk in vain. */
  readonly failedTries: number
}

/** One combination of factor levels with its rounds of fixed work. */
export interface WorkCell {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  /** Keys in order. */
  readonly factors: Factors
  /** In which all of the work was done, by n functions. Sorted by id. */
  readonly rounds: readonly WorkRound[]
  /** Why each of the others takes no part. */
  readonly excluded: readonly Reason[]
}

/**
 * What the rounds of a fixed work took, by cell. A round takes part when each chunk was moved whole and counted once and, where functions pull,
 * none of the n failed; a chunk that failed and was moved by another try is part of what it took.
 */
export function fixedWorkCells(cells: readonly Cell[], work: FixedWork): readonly WorkCell[] {
  return cells.map(({ memoryMb, concurrency, direction, factors, rounds }) => {
    const outcomes = rounds.map((round) => measureWork(round, work))
    return {
      memoryMb,
      concurrency,
      direction,
      factors,
      rounds: outcomes.filter((outcome): outcome is WorkRound => 'responseMs' in outcome),
      excluded: outcomes.filter((outcome): outcome is Reason => 'code' in outcome),
    }
  })
}

function measureWork({ round, samples, host, exclusion }: MeasuredRound, work: FixedWork): WorkRound | Reason {
  if (exclusion !== undefined && ofTheJournal.includes(exclusion.code)) return exclusion
  const counted = samples.flatMap(({ chunks = [] }) => chunks.filter(({ ok }) => ok))
  const problem = undone(counted, work) ?? (work.mode === 'pull' ? notAtWork(samples, round.concurrency) : undefined)
  if (problem !== undefined) return { code: problem[0], message: `Round ${round.id}: ${problem[1]}.`, round: round.id }
  const tries = samples.flatMap(({ chunks = [] }) => chunks)
  const starts = samples.flatMap(({ startedAtMs }) => startedAtMs ?? [])
  const ends = counted.map(({ endMs }) => endMs)
  return {
    id: round.id,
    ...(host !== undefined && { host }),
    samples,
    responseMs: greatest(ends) - least([...starts, ...counted.map(({ startMs }) => startMs)]),
    aggregatedMs: sum(counted.map(({ startMs, endMs }) => endMs - startMs)),
    functionMs: sumOfKnown(samples.map(({ startedAtMs, endedAtMs }) => minus(endedAtMs, startedAtMs))),
    billedMs: sumOfKnown(samples.map(({ billedMs, durationMs }) => billedMs ?? durationMs)),
    together: meanTogether(counted),
    bytes: sum(counted.map(({ bytes }) => bytes)),
    invocations: samples.length,
    failedTries: tries.length - counted.length,
  }
}

/** What else excludes a round from the verdicts on the network says nothing about the work. */
const ofTheJournal = ['conflict', 'incomplete']

type Problem = readonly [code: 'conflict' | 'unfinished-work' | 'failed-invocation' | 'reused-instances', what: string]

function undone(counted: readonly Chunk[], { chunks, chunkBytes }: FixedWork): Problem | undefined {
  const ids = new Set(counted.map(({ id }) => id))
  if (ids.size < counted.length) return ['conflict', `${counted.length - ids.size} of its chunks are counted twice`]
  if (ids.size > chunks) return ['conflict', `it counts ${ids.size} chunks, not ${chunks}`]
  const odd = counted.find(({ bytes }) => bytes !== chunkBytes)
  if (odd !== undefined) return ['conflict', `chunk ${odd.id} has ${odd.bytes} bytes, not ${chunkBytes}`]
  return ids.size < chunks ? ['unfinished-work', `${chunks - ids.size} of ${chunks} chunks were not moved`] : undefined
}

/** Of the n functions that begin together. */
function notAtWork(samples: readonly Sample[], concurrency: number): Problem | undefined {
  const first = samples.filter(({ invocation }) => invocation < concurrency)
  const turns = takenTurns(first)
  if (turns !== undefined) return ['reused-instances', `${turns.invocations} invocations ran in ${turns.instances} instances`]
  const failed = first.find((sample): sample is FailedSample => sample.outcome !== 'completed')
  if (failed === undefined)
    return first.length < concurrency
      ? ['failed-invocation', `${concurrency - first.length} of ${concurrency} functions left no sample`]
      : undefined
  return ['failed-invocation', `function ${failed.invocation} did not work to the end (${failed.error.code}: ${failed.error.message})`]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const least = (values: readonly number[]): number => values.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY)
const greatest = (values: readonly number[]): number =>
  values.reduce((highest, value) => Math.max(highest, value), Number.NEGATIVE_INFINITY)
const minus = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || b === undefined ? undefined : a - b)
const sumOfKnown = (values: readonly (number | undefined)[]): number | undefined =>
  values.includes(undefined) ? undefined : sum(values as readonly number[])
