import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, test } from 'vitest'
import type { Tier } from '../../../src/model/journal-record.ts'
import { local } from '../../../src/providers/local.ts'
import { agentBundle, targetProgram } from '../../../src/run/built-program.ts'
import { type ContractSetting, providerContract } from '../../../src/testing/index.ts'
import { tracesOf } from './lab.ts'

const folder = mkdtempSync(join(tmpdir(), 'contract-'))
const broken = join(folder, 'broken.mjs')
writeFileSync(broken, 'process.exit(1)')
afterAll(() => rmSync(folder, { recursive: true }))

const owner = fileURLToPath(new URL('fixtures/owner.mjs', import.meta.url))
const killed: number[] = []

/** Clauses that the plain tier, which leads every task through a relay of its own, keeps by other code. */
const differsIn = /task|secret|cleanup removes/

/** A run of another process, killed when its agents are warm. */
async function abandon(tier: Tier): Promise<void> {
  const child = spawn(process.execPath, [owner], {
    env: { ...process.env, OPTIONS: JSON.stringify({ tier }) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await Promise.race([ended, new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve))])
  child.kill('SIGKILL')
  await ended
  killed.push(child.pid ?? 0)
}

describe.each(['privileged', 'plain'] as const)('local in tier %s', (tier) => {
  const provider = local({ sharing: 'capped', uplinkBitsPerSecond: 100e6, capBitsPerSecond: 20e6, tier })
  const setting: ContractSetting = {
    bundle: agentBundle(),
    memoryMb: [512, 1024],
    refused: { memoryMb: 1, concurrency: 5000 },
    targetCommand: (options) => [process.execPath, targetProgram(), JSON.stringify({ ...options, port: 0, httpPort: 0 })],
    remains: async () => [process.pid, ...killed].flatMap(tracesOf),
    abandon: () => abandon(tier),
    deployBroken: (request) => provider.deploy({ ...request, agent: { ...request.agent, bundle: broken } }),
  }
  const clauses = providerContract(provider, setting)
  for (const { name, run } of clauses.filter((clause) => tier === 'privileged' || differsIn.test(clause.name))) test(name, run)
})
