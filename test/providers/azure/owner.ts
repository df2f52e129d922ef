import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AzureBed } from '../../test-bed/azure.ts'
import { deployRequest, optionsOf } from './bed.ts'

const PROGRAM = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url))

/** Another process that deploys, and is killed: when it has, or as soon as `moment` has come. Resolves when it is dead. */
export async function abandonDeployment(bed: AzureBed, moment?: Promise<unknown>): Promise<void> {
  const request = JSON.stringify(deployRequest({ runId: `owner-${Math.random()}` }))
  const env = { ...process.env, ...bed.environment, OPTIONS: JSON.stringify(optionsOf(bed)), REQUEST: request }
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await Promise.race([ended, moment ?? once(child.stdout, 'data')])
  child.kill('SIGKILL')
  await ended
}
