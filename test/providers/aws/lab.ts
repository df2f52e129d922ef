import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { sealTask, type TaskContent } from '../../../src/model/sealed-task.ts'
import type { Target } from '../../../src/model/target.ts'
import type { Task } from '../../../src/model/task.ts'
import { latency } from '../../../src/probes/latency/latency.ts'
import { type AwsOptions, aws } from '../../../src/providers/aws.ts'
import type { DeployRequest, Provider } from '../../../src/providers/provider.ts'
import { agentBundle } from '../../../src/run/built-program.ts'
import { type AwsBed, type AwsBedOptions, startAwsBed } from '../../test-bed/aws.ts'

/** A bed that this process and those it starts take for AWS, from now on. */
export async function useAwsBed(options?: AwsBedOptions): Promise<AwsBed> {
  const bed = await startAwsBed(options)
  Object.assign(process.env, bed.environment)
  return bed
}

export const onBed = ({ region, roleArn }: AwsBed, options: AwsOptions = {}): Provider => aws({ region, roleArn, ...options })

export function deployRequest(changes: Partial<DeployRequest> = {}): DeployRequest {
  const agent = { bundle: agentBundle('aws'), secret: 'PLANTED-S3CR3T', allowedTargets: ['127.0.0.1:5201'], modules: [] }
  return { runId: 'aws-test', memoryMb: 512, concurrency: 2, agent, ...changes }
}

/** What was asked since then, of these kinds. */
export const askedSince = (bed: AwsBed, count: number, kind: RegExp): readonly string[] =>
  bed.requests.slice(count).flatMap(({ operation }) => (kind.test(operation) ? [operation] : []))

/** Requests that change something. */
export const CHANGES = /^(Create|Update|Delete|Put|Tag|Untag)/

const owner = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url))

export interface Abandoned extends Pick<AwsOptions, 'timeoutSeconds' | 'architecture'> {
  /** When to kill it. Default: when it has deployed. */
  readonly moment?: Promise<unknown>
  readonly runId?: string
  readonly concurrency?: number
}

/** Another process that deploys, and is killed. Resolves when it is dead. */
export async function abandonDeployment({ environment, region, roleArn }: AwsBed, abandoned: Abandoned = {}): Promise<void> {
  const { moment, runId = randomUUID(), concurrency = 2, ...options } = abandoned
  const given = { options: { region, roleArn, ...options }, request: { runId, concurrency } }
  const env = { ...process.env, ...environment, OWNER: JSON.stringify(given) }
  const child = spawn(process.execPath, [owner], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const deployed = new Promise((resolve) => child.stdout.once('data', resolve))
  await Promise.race([ended, moment ?? deployed])
  child.kill('SIGKILL')
  await ended
}

/** A task with a probe that only asks the target for its time. */
export function taskFor(target: Target, changes: Partial<TaskContent> = {}): Task {
  const { name, version, params } = latency({ seconds: 0.3 })
  const content: TaskContent = {
    run: 'test',
    round: randomUUID(),
    attempt: 0,
    invocation: 0,
    concurrency: 1,
    direction: 'download',
    probe: { name, version, params },
    target,
    targetIndex: 0,
    rendezvous: target,
    readyTimeoutMs: 10_000,
    deadlineMs: 30_000,
    expiresAtMs: Date.now() + 600_000,
    ...changes,
  }
  return sealTask(content, deployRequest().agent.secret)
}
