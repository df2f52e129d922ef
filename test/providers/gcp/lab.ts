import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type GcpOptions, gcp } from '../../../src/providers/gcp.ts'
import type { DeployRequest, Provider } from '../../../src/providers/provider.ts'
import { agentBundle } from '../../../src/run/built-program.ts'
import { type GcpBed, type GcpBedOptions, startGcpBed } from '../../test-bed/gcp.ts'

const OWNER = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url))

/** A bed; this process and those it starts take it for Google from now on. */
export async function useGcpBed(options: GcpBedOptions = {}): Promise<GcpBed> {
  const bed = await startGcpBed(options)
  Object.assign(process.env, bed.environment)
  return bed
}

export const onBed = ({ region }: GcpBed, options: GcpOptions = {}): Provider => gcp({ region, ...options })

export function deployRequest(changes: Partial<DeployRequest> = {}): DeployRequest {
  const agent = { bundle: agentBundle('gcp'), secret: 'PLANTED-S3CR3T', allowedTargets: ['127.0.0.1:5201'], modules: [] }
  return { runId: 'gcp-test', memoryMb: 512, concurrency: 2, agent, ...changes }
}

/** Another process that deploys, and is killed: when it has, or as soon as `moment` has come. Resolves when it is dead. */
export async function abandonDeployment(bed: GcpBed, options: GcpOptions = {}, moment?: Promise<unknown>): Promise<void> {
  const request = JSON.stringify(deployRequest({ runId: `owner-${Math.random()}` }))
  const env = { ...process.env, ...bed.environment, OPTIONS: JSON.stringify({ region: bed.region, ...options }), REQUEST: request }
  const child = spawn(process.execPath, [OWNER], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await Promise.race([ended, moment ?? once(child.stdout, 'data')])
  child.kill('SIGKILL')
  await ended
}

/** Operations since then that change something, in their order. */
export const changesSince = (bed: GcpBed, count: number): readonly string[] =>
  bed.requests.slice(count).flatMap(({ operation }) => (/Create|Update|Delete|upload/.test(operation) ? [operation] : []))
