import { randomUUID } from 'node:crypto'
import type { Sample } from '../../model/journal-record.ts'
import { sealTask, type TaskContent } from '../../model/sealed-task.ts'
import type { Target } from '../../model/target.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, DeployRequest, InvocationResult, InvokeOptions } from '../../providers/provider.ts'
import { type Act, contractProbe } from './contract-probe.ts'
import type { Contract } from './contract-setting.ts'
import { demand } from './violation.ts'

/** What a run has, for the length of one clause. */
export interface Stage {
  readonly secret: string
  readonly target: Target
  request(changes?: Partial<DeployRequest>): DeployRequest
  /** Disposed at the end, unless that was done before. */
  deploy(changes?: Partial<DeployRequest>): Promise<Deployment>
  /** In a round of its own, unless that is changed; sealed with the deployments' secret, or another. */
  task(act: Act, changes?: Partial<TaskContent>, secret?: string): Task
}

const DEADLINE_MS = 30_000
const EXPIRY_MS = 600_000

/** Starts the target where the provider has a place for it; takes everything down at the end. How that goes is the matter of clauses of its own. */
export async function onStage(contract: Contract, play: (stage: Stage) => Promise<void>): Promise<void> {
  const deployments: Deployment[] = []
  const runId = randomUUID()
  const { target, stop } = await startTarget(contract, runId)
  try {
    await play(makeStage(contract, { runId, target, deployments }))
  } finally {
    await Promise.allSettled(deployments.map((deployment) => deployment[Symbol.asyncDispose]()))
    await Promise.allSettled([stop()])
  }
}

async function startTarget({ provider, setting }: Contract, runId: string): Promise<{ target: Target; stop(): PromiseLike<void> }> {
  const { memoryMb, concurrency, targetCommand: command, target } = setting
  if (provider.targetPlace === undefined) {
    if (target !== undefined) return { target, stop: () => Promise.resolve() }
    throw new RangeError(`providerContract: ${provider.name} needs "target"`)
  }
  if (command === undefined) throw new RangeError(`providerContract: ${provider.name} needs "targetCommand"`)
  const running = await provider.targetPlace.start({ runId, functions: memoryMb.length * concurrency, command })
  return { target: running.target, stop: () => running[Symbol.asyncDispose]() }
}

interface StageParts {
  readonly runId: string
  readonly target: Target
  readonly deployments: Deployment[]
}

function makeStage({ provider, setting }: Contract, { runId, target, deployments }: StageParts): Stage {
  const secret = randomUUID()
  const { name, version, module } = contractProbe.code
  const agent = { bundle: setting.bundle, secret, allowedTargets: [target.iperf3, target.http], modules: [module] }
  const request = (changes: Partial<DeployRequest> = {}): DeployRequest => {
    return { runId, memoryMb: setting.memoryMb[0], concurrency: setting.concurrency, agent, ...changes }
  }
  return {
    secret,
    target,
    request,
    async deploy(changes) {
      const deployment = disposedOnce(await provider.deploy(request(changes)))
      deployments.push(deployment.inTheEnd)
      return deployment.byClause
    },
    task: (act, changes, by = secret) => {
      const content: TaskContent = {
        run: 'contract',
        round: randomUUID(),
        attempt: 0,
        invocation: 0,
        concurrency: 1,
        direction: 'download',
        probe: { name, version, params: { act }, module },
        target,
        targetIndex: 0,
        rendezvous: target,
        readyTimeoutMs: DEADLINE_MS / 2,
        deadlineMs: DEADLINE_MS,
        expiresAtMs: Date.now() + EXPIRY_MS,
        ...changes,
      }
      return sealTask(content, by)
    },
  }
}

/** A clause that disposes has seen to it itself. */
function disposedOnce(deployment: Deployment): { readonly byClause: Deployment; readonly inTheEnd: Deployment } {
  let disposed = false
  const invoke = (task: Task, options: InvokeOptions) => deployment.invoke(task, options)
  const dispose = async () => {
    disposed = true
    await deployment[Symbol.asyncDispose]()
  }
  const { memoryMb } = deployment
  return {
    byClause: { memoryMb, invoke, [Symbol.asyncDispose]: dispose },
    inTheEnd: { memoryMb, invoke, [Symbol.asyncDispose]: async () => (disposed ? undefined : dispose()) },
  }
}

export const first: InvokeOptions = { repetition: 0 }

/** The samples of a result, all completed. */
export function completed(what: string, { samples }: InvocationResult): readonly Sample[] {
  const failure = samples.find(({ outcome }) => outcome !== 'completed')
  const why = failure !== undefined && 'error' in failure ? `${failure.outcome}: ${JSON.stringify(failure.error)}` : 'no sample'
  demand(samples.length > 0 && failure === undefined, `${what} must be measured, and is ${why}`)
  return samples
}
