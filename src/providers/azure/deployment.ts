import { MeasurementError } from '../../model/errors.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, InvocationResult, InvokeOptions } from '../provider.ts'
import type { Connection } from './connection.ts'
import { checkDuration, FRONT_END_MS } from './demand.ts'
import { invokeFunction } from './invocation.ts'
import type { LiveFunction } from './live-function.ts'

/** Over the agent's own deadline: for the start of an instance and the way back. */
const GRACE_MS = 8000

/** The agent in one function app. */
export class AzureDeployment implements Deployment {
  readonly memoryMb: number
  readonly #connection: Connection
  readonly #live: LiveFunction
  readonly #underWay = new Set<AbortController>()
  #gone = false
  readonly #remove: () => Promise<void>
  #removed: Promise<void> | undefined

  constructor(memoryMb: number, connection: Connection, live: LiveFunction, remove: () => Promise<void>) {
    this.memoryMb = memoryMb
    this.#connection = connection
    this.#live = live
    this.#remove = remove
  }

  async invoke(task: Task, { signal }: InvokeOptions): Promise<InvocationResult> {
    if (this.#gone) throw gone()
    checkDuration(task.deadlineMs)
    const limitMs = Math.min(task.deadlineMs + GRACE_MS, FRONT_END_MS)
    const end = new AbortController()
    const stop = (): void => end.abort()
    const limit = setTimeout(stop, limitMs)
    this.#underWay.add(end)
    signal?.addEventListener('abort', stop)
    try {
      if (signal?.aborted) stop()
      return await invokeFunction(this.#connection, this.#live, task, end.signal)
    } catch (error) {
      if (this.#gone) throw gone()
      if (signal?.aborted) throw new MeasurementError('INVOCATION_ABORTED', 'The invocation was aborted.', { hint: 'Run it again.' })
      if (end.signal.aborted) throw tooLate(limitMs)
      throw error
    } finally {
      clearTimeout(limit)
      this.#underWay.delete(end)
      signal?.removeEventListener('abort', stop)
    }
  }

  /** When a removal has failed, the next call tries again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone = true
    for (const end of this.#underWay) end.abort()
    this.#removed ??= this.#remove()
    try {
      await this.#removed
    } catch (error) {
      this.#removed = undefined
      throw error
    }
  }
}

const gone = (): MeasurementError =>
  new MeasurementError('DEPLOYMENT_GONE', 'The deployment has been disposed of.', { hint: 'Deploy again before you invoke.' })

const tooLate = (limitMs: number): MeasurementError =>
  new MeasurementError('INVOCATION_TIMEOUT', `The function did not answer within ${Math.round(limitMs / 1000)} s.`, {
    hint: 'It may be stuck, or there was no instance for it: measure for a shorter time, or with fewer functions at once.',
  })
