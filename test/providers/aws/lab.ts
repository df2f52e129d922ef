import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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

/** Another process that deploys, and is killed: when it has, or as soon as `moment` has come. Resolves when it is dead. */
export async function abandonDeployment(bed: AwsBed, moment?: Promise<unknown>): Promise<void> {
  const env = { ...process.env, ...bed.environment, OPTIONS: JSON.stringify({ region: bed.region, roleArn: bed.roleArn }) }
  const child = spawn(process.execPath, [owner], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const deployed = new Promise((resolve) => child.stdout.once('data', resolve))
  await Promise.race([ended, moment ?? deployed])
  child.kill('SIGKILL')
  await ended
}
