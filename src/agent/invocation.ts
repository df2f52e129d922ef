import { NetfairError } from '../model/errors.ts'
import type { Chunk, Direction, Sample, SampleError } from '../model/journal-record.ts'
import type { Measurement } from '../model/probe.ts'
import { redact } from '../model/redact.ts'
import type { AgentReply, Task } from '../model/task.ts'
import { type CommonMs, type MonotonicMs, monotonicNow } from '../model/units.ts'
import { directionsOf, measurementOf } from './check-measurements.ts'
import type { CommonClock } from './common-clock.ts'
import type { ResourceUse } from './resource-use.ts'

/** What is known of one invocation so far: a failure keeps all that was learnt before it. */
export interface Invocation {
  readonly task: Task
  /** What no message may hold. */
  readonly secrets: readonly (string | undefined)[]
  readonly receivedAt: MonotonicMs
  readonly coldStart: boolean
  /** Of a cold start, where its time is known. */
  readonly initMs?: number
  instance?: string
  facts?: Readonly<Record<string, string>>
  clock?: CommonClock
  startAtMs?: CommonMs
  /** The probe runs from here on. */
  ranAtMs?: CommonMs
  endedAtMs?: CommonMs
  use?: ResourceUse
  /** Of a fixed work. */
  moved?: readonly Chunk[]
}

/** One sample a direction: what was measured, or why not. */
export function toReply(invocation: Invocation, outcome: readonly Measurement[] | { readonly error: unknown }): AgentReply {
  const samples = directionsOf(invocation.task.direction).map((direction) => toSample(invocation, direction, outcome))
  return { samples, ...(invocation.startAtMs !== undefined && { startAtMs: invocation.startAtMs }) }
}

function toSample(invocation: Invocation, direction: Direction, outcome: readonly Measurement[] | { readonly error: unknown }): Sample {
  const shared = { ...common(invocation), direction }
  const { instance, ranAtMs, endedAtMs, secrets, moved } = invocation
  try {
    if ('error' in outcome) throw outcome.error
    if (instance === undefined) throw new Error('An invocation without an instance measured.')
    const measurement = measurementOf(direction, outcome)
    const failure = chunkFailure(measurement)
    if (failure !== undefined) return { ...shared, instance, outcome: 'failed', ...measurement, error: failure }
    return { ...shared, instance, outcome: 'completed', ...measurement }
  } catch (error) {
    return {
      ...shared,
      ...(moved !== undefined && moved.length > 0 && { chunks: moved }),
      outcome: ranAtMs === undefined ? 'not-run' : 'failed',
      ...(ranAtMs !== undefined && { startedAtMs: ranAtMs }),
      ...(ranAtMs !== undefined && endedAtMs !== undefined && endedAtMs > ranAtMs && { endedAtMs }),
      error: describe(error, secrets),
    }
  }
}

/** Who tried chunks and moved none has failed. */
function chunkFailure({ chunks = [] }: Measurement): SampleError | undefined {
  const last = chunks.at(-1)
  if (last === undefined || chunks.some(({ ok }) => ok)) return undefined
  return last.error ?? { code: 'CHUNK_FAILED', message: `Chunk ${last.id} was not moved whole.` }
}

function common({ task, instance, coldStart, initMs, receivedAt, facts, clock, use }: Invocation) {
  return {
    type: 'sample',
    round: task.round,
    attempt: task.attempt,
    invocation: task.invocation,
    target: task.targetIndex,
    coldStart,
    ...(initMs !== undefined && { initMs }),
    durationMs: monotonicNow() - receivedAt,
    ...(instance !== undefined && { instance }),
    ...(clock !== undefined && { clockUncertaintyMs: clock.uncertaintyMs() }),
    ...use,
    ...(facts !== undefined && { facts }),
  } as const
}

const LONGEST_MESSAGE = 1000

/** An error as data, without secrets. */
function describe(error: unknown, secrets: readonly (string | undefined)[]): SampleError {
  const code = error instanceof NetfairError ? error.code : (error as NodeJS.ErrnoException | undefined)?.code
  const message = redact(error instanceof Error ? error.message : String(error), secrets)
  return {
    code: typeof code === 'string' ? code : 'PROBE_FAILED',
    message: message.slice(0, LONGEST_MESSAGE) || 'The probe failed without a message.',
  }
}
