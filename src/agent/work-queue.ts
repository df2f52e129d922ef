import { MeasurementError, NetfairError } from '../model/errors.ts'
import type { WorkQueue, WorkShare } from '../model/fixed-work.ts'
import type { Chunk, SampleError } from '../model/journal-record.ts'
import type { NextReply, NextRequest } from '../model/target.ts'
import type { Task } from '../model/task.ts'
import type { HttpClient } from './http-request.ts'
import { parseJson } from './parse-json.ts'
import { roundPath } from './rendezvous.ts'

/** A {@link WorkQueue} from the agent's side. */
export interface OpenWorkQueue extends WorkQueue {
  /** What was moved so far: it counts, also where the probe fails later. */
  readonly moved: readonly Chunk[]
  /** Takes the first chunk before the start: the way to the rendezvous is no part of what is measured. */
  takeFirst(): Promise<void>
}

/**
 * The chunks of one invocation: its own one, or those that the rendezvous deals out.
 * @param client - of the rendezvous; stays open
 */
export function createWorkQueue(
  work: WorkShare,
  task: Pick<Task, 'run' | 'round' | 'attempt' | 'invocation'>,
  client: HttpClient,
): OpenWorkQueue {
  const { chunk, chunks, chunkBytes, leaseMs } = work
  const path = roundPath(task, 'next')
  const ask = (told: Pick<NextRequest, 'done' | 'failed'>): Promise<NextReply> =>
    askNext(client, path, { invocation: task.invocation, chunks, leaseMs, ...told })
  const moved: Chunk[] = []
  let next: NextReply | undefined = chunk === undefined ? undefined : { chunk }

  /** What the rendezvous does not know is not counted; then no more is asked of it. */
  async function report(outcome: Chunk, done: number): Promise<NextReply> {
    if (chunk !== undefined) return { chunk: null, counted: true }
    try {
      return await ask(outcome.ok ? { done } : { failed: done })
    } catch (error) {
      moved.push(outcome.ok ? { ...outcome, ok: false, error: describe(error) } : outcome)
      throw error
    }
  }

  return {
    chunkBytes,
    moved,
    async takeFirst() {
      next ??= await ask({})
    },
    async moveEach(move) {
      next ??= await ask({})
      while (next.chunk !== null) {
        const outcome = { ...(await move(next.chunk)), id: String(next.chunk) }
        next = await report(outcome, next.chunk)
        moved.push(outcome.ok && next.counted !== true ? { ...outcome, ok: false, error: notCounted } : outcome)
      }
      return moved
    },
  }
}

const notCounted: SampleError = { code: 'NOT_COUNTED', message: 'Another function had moved the same chunk before.' }

const describe = (error: unknown): SampleError => ({
  code: error instanceof NetfairError ? error.code : 'RENDEZVOUS_FAILED',
  message: `The chunk was moved, but the rendezvous could not be told: ${error instanceof Error ? error.message : String(error)}`,
})

async function askNext(client: HttpClient, path: string, body: NextRequest): Promise<NextReply> {
  const answer = await client.request({ method: 'POST', path, body })
  const reply = parseJson(answer.body) as NextReply | null | undefined
  if (reply?.chunk === null || Number.isSafeInteger(reply?.chunk)) return reply as NextReply
  throw new MeasurementError(
    'RENDEZVOUS_FAILED',
    `POST ${path} answered ${JSON.stringify(answer.body.slice(0, 80))}; a "chunk" is expected.`,
    { hint: "Check that the rendezvous target's HTTP address is that of `netfair serve`." },
  )
}
