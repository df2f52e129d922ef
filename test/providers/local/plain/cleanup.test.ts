import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { local } from '../../../../src/providers/local.ts'
import { childrenOf, leftOf } from './children.ts'

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const provider = local({ sharing: 'fifo', uplinkBitsPerSecond: 50e6, tier: 'plain' })
const patience = { timeout: 20_000, interval: 50 }

let folder: string
let command: ChildProcess & { readonly pid: number }

// A run of its own process, until its agents are there.
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plain-cleanup-'))
  const args = [fileOf('../../../../src/cli/main.ts'), 'run', fileOf('fixtures/long-experiment.ts'), '--out', folder, '--quiet']
  command = spawn(process.execPath, args, { stdio: 'ignore' }) as typeof command
  await expect.poll(() => childrenOf(command.pid).agents.length, patience).toBe(2)
  expect(childrenOf(command.pid).target.length).toBeGreaterThan(1)
})

afterEach(() => {
  command.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function end(signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(command, 'exit')
  command.kill(signal)
  const [code] = await ended
  return code
}

test('Ctrl-C leaves nothing', async () => {
  expect(await end('SIGINT')).toBe(130)
  expect(leftOf(command.pid)).toEqual([])
})

test('after kill -9 the processes end by themselves, and the next start removes the rest', async () => {
  await end('SIGKILL')
  await expect.poll(() => childrenOf(command.pid), patience).toEqual({ agents: [], target: [] })
  await provider.cleanup()
  expect(leftOf(command.pid)).toEqual([])
})

test('agents that are stuck are found and ended', async () => {
  const [stuck = -1] = childrenOf(command.pid).agents
  process.kill(stuck, 'SIGSTOP')
  await end('SIGKILL')
  await provider.cleanup()
  expect(leftOf(command.pid)).toEqual([])
})
