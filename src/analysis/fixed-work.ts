import type { FixedWork } from '../model/fixed-work.ts'
import type { Chunk, FailedSample, RoundRecord, Sample } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import { takenTurns } from './taken-turns.ts'

/** What a round of fixed work took. Times in milliseconds. */
export interface WorkTimes {
  /** The chunks that count, each once. */
  readonly chunks: readonly Chunk[]
  /** Response time: from the first start of a function to the end of the last chunk. */
  readonly responseMs: number
  /** Σ over chunks of the time that each took in the try that counts. */
  readonly aggregatedMs: number
  /** Tries that moved a chunk in vain. */
  readonly failedTries: number
}

/**
 * What a round of fixed work took, or why it takes no part: each chunk must have been moved whole and be counted once and, where functions
 * pull, none of the n may have failed. A chunk that failed and was moved by another try is part of what the work took.
 */
export function measureWork(round: RoundRecord, samples: readonly Sample[], work: FixedWork): WorkTimes | Reason {
  const tries = samples.flatMap(({ chunks = [] }) => chunks)
  const chunks = tries.filter(({ ok }) => ok)
  const problem = undone(chunks, work) ?? (work.mode === 'pull' ? notAtWork(samples, round.concurrency) : undefined)
  if (problem !== undefined) return { code: problem[0], message: `Round ${round.id}: ${problem[1]}.`, round: round.id }
  const starts = [...samples.flatMap(({ startedAtMs }) => startedAtMs ?? []), ...chunks.map(({ startMs }) => startMs)]
  const firstMs = starts.reduce((least, startMs) => Math.min(least, startMs), Number.POSITIVE_INFINITY)
  const lastMs = chunks.reduce((most, { endMs }) => Math.max(most, endMs), Number.NEGATIVE_INFINITY)
  return {
    chunks,
    responseMs: lastMs - firstMs,
    aggregatedMs: chunks.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
    failedTries: tries.length - chunks.length,
  }
}

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
