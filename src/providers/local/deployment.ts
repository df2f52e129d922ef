import { cpus } from 'node:os'
import { InputError, MeasurementError } from '../../model/errors.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, InvocationResult, InvokeOptions } from '../provider.ts'
import type { Sandbox } from './sandbox.ts'

export interface DeploymentParts {
  readonly memoryMb: number
  /** Of each host, in the order of invocations. */
  readonly sandboxes: readonly (readonly Sandbox[])[]
  readonly placement: 'blocked' | 'spread'
  /** Removes the sandboxes, once their agents are dead. */
  remove(sandboxes: readonly Sandbox[]): Promise<void>
}

/** Sandboxes of one memory size, warm until it is disposed. */
export class LocalDeployment implements Deployment {
  readonly memoryMb: number
  readonly #parts: DeploymentParts
  readonly #ending = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #gone: Promise<void> | undefined

  constructor(parts: DeploymentParts) {
    this.memoryMb = parts.memoryMb
    this.#parts = parts
  }

  async invoke(task: Task, { repetition, slot = task.invocation, signal }: InvokeOptions): Promise<InvocationResult> {
    if (this.#gone !== undefined) throw gone(this.memoryMb)
    const { host, sandbox } = this.#choose(slot, repetition)
    const either = AbortSignal.any(signal === undefined ? [this.#ending.signal] : [this.#ending.signal, signal])
    const reply = sandbox.invoke(task, either)
    this.#underWay.add(reply)
    try {
      return { ...(await reply), host: `host-${host}` }
    } catch (error) {
      throw this.#ending.signal.aborted ? gone(this.memoryMb, error) : error
    } finally {
      this.#underWay.delete(reply)
    }
  }

  /** All cores of this machine together. */
  hostCpu(): { readonly idleSeconds: number; readonly totalSeconds: number } {
    const times = cpus().map((core) => core.times)
    const idleMs = times.reduce((sum, { idle }) => sum + idle, 0)
    const totalMs = times.reduce((sum, { idle, user, nice, sys, irq }) => sum + idle + user + nice + sys + irq, 0)
    return { idleSeconds: idleMs / 1000, totalSeconds: totalMs / 1000 }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#dispose()
    return this.#gone
  }

  async #dispose(): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#underWay)
    const sandboxes = this.#parts.sandboxes.flat()
    await Promise.all(sandboxes.map((sandbox) => sandbox.kill()))
    await this.#parts.remove(sandboxes)
  }

  #choose(invocation: number, repetition: number): { readonly host: number; readonly sandbox: Sandbox } {
    const { sandboxes, placement } = this.#parts
    const hosts = sandboxes.length
    const [host, index] = placement === 'blocked' ? [repetition % hosts, invocation] : [invocation % hosts, Math.floor(invocation / hosts)]
    const sandbox = sandboxes[host]?.[index]
    if (sandbox !== undefined) return { host, sandbox }
    throw new InputError('INVALID_INVOCATION', `There is no sandbox for invocation ${invocation} of repetition ${repetition}.`, {
      hint: 'Deploy with a higher concurrency; invocations and repetitions count from 0.',
    })
  }
}

function gone(memoryMb: number, cause?: unknown): MeasurementError {
  return new MeasurementError('DEPLOYMENT_GONE', `The deployment with ${memoryMb} MB has been removed.`, {
    hint: 'Deploy again.',
    cause,
  })
}
