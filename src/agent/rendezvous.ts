import { MeasurementError } from '../model/errors.ts'
import type { ReadyReply, ReadyRequest } from '../model/target.ts'
import type { Task } from '../model/task.ts'
import { type CommonMs, commonMs } from '../model/units.ts'
import type { HttpClient } from './http-request.ts'
import { parseJson } from './parse-json.ts'

/** What the way to the target and back may take beyond the wait itself. */
const MARGIN_MS = 5000

/** Where the target is asked about the task's round. */
export const roundPath = ({ run, round, attempt }: Pick<Task, 'run' | 'round' | 'attempt'>, about: 'ready' | 'next'): string =>
  `/rounds/${encodeURIComponent(`${run}.${round}.${attempt}`)}/${about}`

/**
 * Says that this invocation is ready and waits until all are, or until the target's patience is over.
 *
 * @returns the agreed start
 * @throws MeasurementError `ROUND_RELEASED` when the others have started without it, `RENDEZVOUS_FAILED` when the answer names no start; the errors of {@link HttpClient.request}
 */
export async function meet(client: HttpClient, task: Task): Promise<CommonMs> {
  const body: ReadyRequest = { invocation: task.invocation, expected: task.concurrency, timeoutMs: task.readyTimeoutMs }
  const path = roundPath(task, 'ready')
  const answer = await client.request({ method: 'POST', path, body, timeoutMs: task.readyTimeoutMs + MARGIN_MS })
  const reply = parseJson(answer.body) as ReadyReply | null | undefined
  if (typeof reply?.startAtMs === 'number' && Number.isFinite(reply.startAtMs)) return commonMs(reply.startAtMs)
  throw new MeasurementError(
    'RENDEZVOUS_FAILED',
    `POST ${path} answered ${JSON.stringify(answer.body.slice(0, 80))}; a "startAtMs" is expected.`,
    {
      hint: "Check that the rendezvous target's HTTP address is that of `netfair serve`.",
    },
  )
}
