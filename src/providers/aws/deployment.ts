import { MeasurementError } from '../../model/errors.ts'
import type { Sample } from '../../model/journal-record.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, DeployRequest, InvocationResult, InvokeOptions } from '../provider.ts'
import type { Connection } from './connection.ts'
import { checkDuration } from './duration.ts'
import { type Invoked, invokeFunction } from './invoke-function.ts'
import { removeFunction } from './remove-function.ts'
import { type ReportLine, readReportLine } from './report-line.ts'

interface LambdaParts {
  readonly name: string
  readonly timeoutSeconds: number
  readonly request: Pick<DeployRequest, 'memoryMb' | 'agent'>
}

/** One Lambda function, active until it is disposed. */
export class LambdaDeployment implements Deployment {
  readonly memoryMb: number
  readonly #connection: Connection
  readonly #parts: LambdaParts
  readonly #underWay = new Set<AbortController>()
  #gone = false
  #removed: Promise<void> | undefined

  constructor(connection: Connection, parts: LambdaParts) {
    this.memoryMb = parts.request.memoryMb
    this.#connection = connection
    this.#parts = parts
  }

  async invoke(task: Task, { signal }: InvokeOptions): Promise<InvocationResult> {
    const { name, timeoutSeconds, request } = this.#parts
    checkDuration(task.deadlineMs, timeoutSeconds)
    // One controller for all that can end it: composed signals cost more than the rest of an invocation.
    const call = new AbortController()
    const abort = (): void => call.abort(aborted(name))
    if (this.#gone) throw gone(this.memoryMb)
    if (signal?.aborted) throw aborted(name)
    this.#underWay.add(call)
    signal?.addEventListener('abort', abort, { once: true })
    const secrets = [request.agent.secret, task.target.token, task.rendezvous.token]
    try {
      return resultOf(await invokeFunction(this.#connection, task, { name, call, secrets }))
    } finally {
      this.#underWay.delete(call)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Invocations under way get no answer any more. One that failed can be tried again. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#gone = true
    for (const call of this.#underWay) call.abort(gone(this.memoryMb))
    this.#removed ??= removeFunction(this.#connection, this.#parts.name).catch((error: unknown) => {
      this.#removed = undefined
      throw error
    })
    return this.#removed
  }
}

function resultOf({ reply, logTail, throttles }: Invoked): InvocationResult {
  const report = readReportLine(logTail)
  return {
    ...reply,
    samples: reply.samples.map((sample) => withPlatformFigures(sample, throttles, report)),
    ...(report !== undefined && { billedMs: report.billedMs }),
  }
}

/** What the platform knows better, or only it knows: the cold start's cost, memory, and how often it sent the invocation away. */
function withPlatformFigures(sample: Sample, throttles: number, { initMs, maxMemoryUsedMb }: Partial<ReportLine> = {}): Sample {
  const memoryUsedMb = sample.memoryUsedMb ?? maxMemoryUsedMb
  return {
    ...sample,
    ...(initMs !== undefined && { initMs }),
    ...(memoryUsedMb !== undefined && { memoryUsedMb }),
    ...(throttles > 0 && { values: { ...sample.values, throttledInvokes: throttles } }),
  }
}

function gone(memoryMb: number): MeasurementError {
  return new MeasurementError('DEPLOYMENT_GONE', `The deployment with ${memoryMb} MB has been removed.`, { hint: 'Deploy again.' })
}

function aborted(name: string): MeasurementError {
  return new MeasurementError('INVOCATION_ABORTED', `The invocation of ${name} was given up because the run was aborted.`, {
    hint: 'Run it again; with --resume it goes on where it was.',
  })
}
