import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementError } from '../../model/errors.ts'
import type { AgentReply, Task } from '../../model/task.ts'
import type { InvocationResult } from '../provider.ts'
import type { Connection } from './connection.ts'
import type { HttpsAnswer } from './https-client.ts'
import type { LiveFunction } from './live-function.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2000

/**
 * One HTTP request. How often it was refused before it started is a value of the samples. Only what was refused before it started (429) is asked again, as long as the others of the round may wait for it.
 * @throws MeasurementError; whatever the signal ends with
 */
export async function invokeFunction(
  { https }: Connection,
  { url, key }: LiveFunction,
  task: Task,
  signal: AbortSignal,
): Promise<InvocationResult> {
  const headers = { 'x-functions-key': key, 'content-type': 'application/json' }
  const body = JSON.stringify(task)
  const patienceEnds = performance.now() + task.readyTimeoutMs / 2
  for (let pauseMs = FIRST_PAUSE_MS, refused = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS), refused++) {
    const answer = await https.send({ method: 'POST', url, headers, body, signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw unanswered(error)
    })
    if (answer.status !== 429) return withRefusals(resultOf(answer), refused - 1)
    // Spread out, so that not all come back at once.
    const waitMs = Math.max(answer.retryAfterMs ?? 0, pauseMs) * (1 + Math.random() / 4)
    if (performance.now() + waitMs > patienceEnds) throw throttled(refused)
    await sleep(waitMs, undefined, { signal })
  }
}

function withRefusals(result: InvocationResult, times: number): InvocationResult {
  if (times === 0) return result
  return { ...result, samples: result.samples.map((sample) => ({ ...sample, values: { ...sample.values, throttledInvokes: times } })) }
}

function resultOf({ status, text }: HttpsAnswer): InvocationResult {
  if (status === 200) return replyIn(text)
  if (status === 404 || status === 401 || status === 403)
    throw failure(
      'DEPLOYMENT_GONE',
      `has no such function, or another key (HTTP ${status})`,
      'Deploy again: it was removed, or changed by somebody else.',
    )
  if (status === 504 || status === 408)
    throw failure('INVOCATION_TIMEOUT', `gave up the function (HTTP ${status})`, 'Measure for a shorter time.')
  // The agent answers all that it lives to answer: these are of a host whose worker, or an instance which, has died.
  if (status === 500 || status === 502)
    throw failure(
      'AGENT_DIED',
      `lost the agent during the task (HTTP ${status})`,
      'See the log stream of the function app; it may need more memory.',
    )
  throw failure(
    'INVOCATION_FAILED',
    `answered with HTTP ${status}`,
    'Run it again; where it stays, see the log stream of the function app.',
  )
}

function replyIn(text: string): AgentReply {
  try {
    const { samples, startAtMs } = JSON.parse(text) as AgentReply
    if (Array.isArray(samples)) return { samples, ...(startAtMs !== undefined && { startAtMs }) }
  } catch {}
  throw failure(
    'INVOCATION_FAILED',
    'answered with something else than samples',
    'Does something stand between, like a proxy or a login page?',
  )
}

const failure = (code: string, what: string, hint: string, billed: Pick<MeasurementError, 'billedMs'> = {}): MeasurementError =>
  new MeasurementError(code, `Azure ${what}.`, { hint, ...billed })

/** Whether it ran is not known: it is not asked again. */
function unanswered(error: unknown): MeasurementError {
  const code = (error as NodeJS.ErrnoException).code ?? 'no answer'
  return failure('INVOCATION_FAILED', `did not answer (${code})`, 'Check the way to *.azurewebsites.net.')
}

const throttled = (times: number): MeasurementError =>
  failure(
    'INVOCATION_THROTTLED',
    `had no instance for it, ${times} ${times === 1 ? 'time' : 'times'} (HTTP 429)`,
    'Use fewer functions at once, or ask for more quota in the region.',
    { billedMs: 0 },
  )
