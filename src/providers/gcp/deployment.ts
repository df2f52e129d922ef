import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, InvocationResult, InvokeOptions } from '../provider.ts'
import { replyIn } from './answer.ts'
import type { HttpAnswer } from './https-exchange.ts'
import type { Invoker } from './invoker.ts'
import { type PacedAnswer, paced } from './pacing.ts'
import { untilAborted } from './until-aborted.ts'

export interface DeploymentParts {
  readonly memoryMb: number
  readonly invoker: Invoker
  /** What no message may hold. */
  readonly secrets: readonly string[]
  /** Removes the function. */
  remove(): Promise<void>
}

/** What an answer may take besides the task: a cold start, and the way there and back. */
const BEYOND_DEADLINE_MS = 5000
/** The token was refused before anything has started. */
const UNAUTHORIZED = 401

/** One function, live until it is disposed; Google tells no billed time, so that its results have none. */
export class GcpDeployment implements Deployment {
  readonly memoryMb: number
  readonly #parts: DeploymentParts
  readonly #ending = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #gone: Promise<void> | undefined

  constructor(parts: DeploymentParts) {
    this.memoryMb = parts.memoryMb
    this.#parts = parts
  }

  async invoke(task: Task, { signal }: InvokeOptions): Promise<InvocationResult> {
    if (this.#gone !== undefined) throw gone(this.memoryMb)
    const invocation = this.#invoke(task, signal)
    this.#underWay.add(invocation)
    try {
      return await invocation
    } finally {
      this.#underWay.delete(invocation)
    }
  }

  async #invoke(task: Task, aborting: AbortSignal | undefined): Promise<InvocationResult> {
    const secrets = [...this.#parts.secrets, task.target.token, task.rendezvous.token]
    const late = AbortSignal.timeout(task.deadlineMs + BEYOND_DEADLINE_MS)
    const signal = AbortSignal.any([this.#ending.signal, late, ...(aborting === undefined ? [] : [aborting])])
    try {
      const sent = paced(() => this.#send(JSON.stringify(task), signal), Math.min(task.readyTimeoutMs, task.deadlineMs), signal)
      return this.#resultOf(await untilAborted(sent, signal), secrets)
    } catch (error) {
      if (error instanceof NetfairError) throw error
      if (this.#ending.signal.aborted) throw gone(this.memoryMb)
      if (aborting?.aborted) throw aborted()
      if (late.aborted) throw stuck(task.deadlineMs)
      throw failed(error, secrets)
    }
  }

  async #send(task: string, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const answer = await this.#parts.invoker.send(task, signal)
    return answer.status === UNAUTHORIZED && this.#parts.invoker.renew() ? this.#parts.invoker.send(task, signal) : answer
  }

  #resultOf({ answer, throttled }: PacedAnswer, secrets: readonly (string | undefined)[]): InvocationResult {
    if (answer.status === 429) throw refused(throttled)
    const { samples, startAtMs } = replyIn(answer, secrets)
    return {
      samples:
        throttled === 0 ? samples : samples.map((sample) => ({ ...sample, values: { ...sample.values, throttledInvokes: throttled } })),
      ...(startAtMs !== undefined && { startAtMs }),
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#dispose()
    return this.#gone
  }

  async #dispose(): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#underWay)
    await this.#parts.remove()
  }
}

function gone(memoryMb: number): MeasurementError {
  return new MeasurementError('DEPLOYMENT_GONE', `The deployment with ${memoryMb} MB has been removed.`, { hint: 'Deploy again.' })
}

function aborted(): MeasurementError {
  return new MeasurementError('INVOCATION_ABORTED', 'The invocation was ended because the run was aborted.', { hint: 'Run it again.' })
}

function stuck(deadlineMs: number): MeasurementError {
  const beyond = BEYOND_DEADLINE_MS / 1000
  return new MeasurementError('INVOCATION_TIMEOUT', `No answer came within ${deadlineMs / 1000} s and ${beyond} s more.`, {
    hint: 'See the logs of the function in this project: whether it started, and what it did.',
  })
}

function refused(times: number): MeasurementError {
  return new MeasurementError(
    'INVOCATION_THROTTLED',
    `Google had no instance free for the invocation, ${times} times in turn (status 429).`,
    {
      hint: 'Use less concurrency, or ask Google for a higher quota of instances in this region.',
    },
  )
}

function failed(error: unknown, secrets: readonly (string | undefined)[]): MeasurementError {
  const { code, message } = error as NodeJS.ErrnoException
  return new MeasurementError('INVOCATION_FAILED', `The invocation failed: ${redact(message || String(code), secrets).slice(0, 300)}`, {
    hint: 'Run the round again.',
  })
}
