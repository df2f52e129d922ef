import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, InvocationResult, InvokeOptions } from '../provider.ts'
import { replyIn } from './answer.ts'
import { type EarlyEnd, InvocationEnds } from './invocation-end.ts'
import type { Invoker } from './invoker.ts'
import { type PacedAnswer, paced, TOO_MANY } from './pacing.ts'

export interface DeploymentParts {
  readonly memoryMb: number
  readonly invoke: Invoker
  /** What no message may hold. */
  readonly secrets: readonly string[]
  /** Removes the function. */
  remove(): Promise<void>
}

/** What an answer may take besides the task: a cold start, and the way there and back. */
const BEYOND_DEADLINE_MS = 5000
/** One function, live until it is disposed; Google tells no billed time, so that its results have none. */
export class GcpDeployment implements Deployment {
  readonly memoryMb: number
  readonly #parts: DeploymentParts
  readonly #ends = new InvocationEnds()
  readonly #underWay = new Set<Promise<unknown>>()
  #gone: Promise<void> | undefined

  constructor(parts: DeploymentParts) {
    this.memoryMb = parts.memoryMb
    this.#parts = parts
  }

  async invoke(task: Task, { signal }: InvokeOptions): Promise<InvocationResult> {
    if (this.#gone !== undefined) throw gone(this.memoryMb)
    const invocation = this.#ends.during(task.deadlineMs + BEYOND_DEADLINE_MS, signal, (either) => this.#invoke(task, either))
    this.#underWay.add(invocation)
    try {
      return await invocation
    } finally {
      this.#underWay.delete(invocation)
    }
  }

  async #invoke(task: Task, signal: AbortSignal): Promise<InvocationResult> {
    const secrets = [...this.#parts.secrets, task.target.token, task.rendezvous.token]
    const text = JSON.stringify(task)
    try {
      const answer = await paced(() => this.#parts.invoke(text, signal), Math.min(task.readyTimeoutMs, task.deadlineMs), signal)
      return resultOf(answer, secrets)
    } catch (error) {
      if (error instanceof NetfairError) throw error
      throw signal.aborted ? ended(signal.reason as EarlyEnd, this.memoryMb, task) : failed(error, secrets)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#dispose()
    return this.#gone
  }

  async #dispose(): Promise<void> {
    this.#ends.endAll()
    await Promise.allSettled(this.#underWay)
    await this.#parts.remove()
  }
}

function resultOf({ answer, throttled }: PacedAnswer, secrets: readonly (string | undefined)[]): InvocationResult {
  if (answer.status === TOO_MANY) throw refused(throttled)
  const { samples, startAtMs } = replyIn(answer, secrets)
  const values = { throttledInvokes: throttled }
  return {
    samples: throttled === 0 ? samples : samples.map((sample) => ({ ...sample, values: { ...sample.values, ...values } })),
    ...(startAtMs !== undefined && { startAtMs }),
  }
}

function ended(why: EarlyEnd, memoryMb: number, { deadlineMs }: Task): MeasurementError {
  switch (why) {
    case 'disposed':
      return gone(memoryMb)
    case 'aborted':
      return aborted()
    case 'late':
      return stuck(deadlineMs)
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
      billedMs: 0,
    },
  )
}

function failed(error: unknown, secrets: readonly (string | undefined)[]): MeasurementError {
  const { code, message } = error as NodeJS.ErrnoException
  return new MeasurementError('INVOCATION_FAILED', `The invocation failed: ${redact(message || String(code), secrets).slice(0, 300)}`, {
    hint: 'Run the round again.',
  })
}
