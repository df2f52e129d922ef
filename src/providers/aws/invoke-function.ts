import { setTimeout as sleep } from 'node:timers/promises'
import type { InvokeCommandOutput } from '@aws-sdk/client-lambda'
import { MeasurementError } from '../../model/errors.ts'
import type { AgentReply, Task } from '../../model/task.ts'
import type { Connection } from './connection.ts'
import { readFunctionError } from './function-error.ts'
import { type PlatformError, readPlatformError } from './platform-error.ts'
import { readReportLine } from './report-line.ts'

/** What Lambda answered, and how often it sent the invocation away before. */
export interface Invoked {
  readonly reply: AgentReply
  readonly logTail: string | undefined
  readonly throttles: number
}

/** How long the way there, a cold start and the way back may take beyond the task's deadline, which counts from its receipt. */
const BEYOND_DEADLINE_MS = 5000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

interface InvokeSetting {
  readonly name: string
  /** Ends it at once, when it is aborted; its reason is what is thrown. */
  readonly call: AbortController
  /** Kept out of messages. */
  readonly secrets: readonly (string | undefined)[]
}

/**
 * Runs one task. Only a throttled invocation is sent again, as it did not start: as long as the others of the round wait at the rendezvous.
 * @throws MeasurementError `INVOCATION_THROTTLED`, `INVOCATION_TIMEOUT`, `INVOCATION_FAILED`, `AGENT_DIED`, `DEPLOYMENT_GONE`
 */
export async function invokeFunction(connection: Connection, task: Task, setting: InvokeSetting): Promise<Invoked> {
  const input = Buffer.from(JSON.stringify(task))
  const giveUpAt = performance.now() + task.readyTimeoutMs
  for (let throttles = 0; ; throttles++) {
    const answer = await send(connection, task, input, setting)
    if (!('name' in answer)) return { reply: readReply(answer, setting.secrets), logTail: answer.LogResult, throttles }
    if (answer.status !== 429) throw await failure(connection, answer, setting)
    const waitMs = pauseMs(throttles, answer)
    if (performance.now() + waitMs > giveUpAt) throw throttled(answer, throttles + 1)
    await pause(waitMs, setting.call.signal)
  }
}

async function send(
  { sdk, invoking }: Connection,
  { deadlineMs }: Task,
  input: Uint8Array,
  { name, call }: InvokeSetting,
): Promise<InvokeCommandOutput | PlatformError> {
  const command = new sdk.InvokeCommand({ FunctionName: name, InvocationType: 'RequestResponse', LogType: 'Tail', Payload: input })
  const late = setTimeout(() => call.abort(tooLate(deadlineMs)), deadlineMs + BEYOND_DEADLINE_MS)
  try {
    return await invoking.send(command, { abortSignal: call.signal })
  } catch (error) {
    call.signal.throwIfAborted()
    return readPlatformError(error)
  } finally {
    clearTimeout(late)
  }
}

async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}

/** Doubles from 100 ms to 2 s, or as long as Lambda asks for; spread out, so that not all come back at once. */
function pauseMs(throttles: number, { retryAfterSeconds = 0 }: PlatformError): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** throttles, LONGEST_WAIT_MS)
  return Math.max(longest, Math.min(retryAfterSeconds * 1000, LONGEST_WAIT_MS)) * (0.5 + Math.random() / 2)
}

function readReply({ FunctionError, Payload, LogResult }: InvokeCommandOutput, secrets: readonly (string | undefined)[]): AgentReply {
  const text = Payload?.transformToString() ?? ''
  const { billedMs } = readReportLine(LogResult) ?? {}
  const billed = billedMs === undefined ? {} : { billedMs }
  if (FunctionError !== undefined) throw readFunctionError(text, secrets, billed)
  try {
    const reply = JSON.parse(text) as Partial<AgentReply> | null
    if (Array.isArray(reply?.samples)) return reply as AgentReply
  } catch {}
  throw new MeasurementError('INVOCATION_FAILED', `The function answered with ${text.length} characters that are no reply of the agent.`, {
    hint: 'Look whether something else has replaced its code; then run again.',
    ...billed,
  })
}

async function failure({ region, ...connection }: Connection, error: PlatformError, setting: InvokeSetting): Promise<MeasurementError> {
  const { name, message, status } = error
  if (name === 'ResourceNotFoundException') {
    return new MeasurementError('DEPLOYMENT_GONE', `The function ${setting.name} is no longer there.`, { hint: 'Deploy again.' })
  }
  const { message: said } = readPlatformError({ name, message }, [...setting.secrets, ...(await connection.secrets())])
  const answered = status === undefined ? 'no answer' : `status ${status}`
  return new MeasurementError(
    'INVOCATION_FAILED',
    `The invocation of ${setting.name} in ${region} failed (${answered}): ${name}: ${said}`,
    {
      hint: 'Run the round again. It was not repeated, as the measurement may have begun.',
    },
  )
}

function throttled({ reason }: PlatformError, times: number): MeasurementError {
  const message = `Lambda throttled the invocation ${times} times (${reason ?? 'no reason given'}); it did not start.`
  return new MeasurementError('INVOCATION_THROTTLED', message, {
    hint: 'Lower the concurrency, rest longer between rounds, or see what else uses the concurrency of this account.',
    billedMs: 0,
  })
}

function tooLate(deadlineMs: number): MeasurementError {
  const message = `The function did not answer by its deadline of ${deadlineMs} ms, nor ${BEYOND_DEADLINE_MS} ms later.`
  return new MeasurementError('INVOCATION_TIMEOUT', message, { hint: 'Run the round again; if it hangs every time, look at the probe.' })
}
