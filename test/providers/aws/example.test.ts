import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Report } from '../../../src/model/report.ts'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import { type AwsBed, startAwsBed } from '../../test-bed/aws.ts'

/** The example as it is written, by the package as it is built. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const example = join(root, 'examples/aws.ts')

let bed: AwsBed
let server: StartedTarget
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'example-'))
  bed = await startAwsBed()
  server = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(async () => {
  await server?.dispose()
  await bed?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Ends with 0, or says what it printed. */
async function runs(...command: readonly string[]): Promise<string> {
  const env = { ...process.env, ...bed.environment, NETFAIR_TARGET: JSON.stringify(server.target) }
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [code, printed, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(code, said).toBe(0)
  return printed
}

test('node examples/aws.ts, netfair run examples/aws.ts', { timeout: 180_000 }, async () => {
  const [printed] = await Promise.all([runs(example), runs(join(root, 'dist/cli/main.js'), 'run', example, '--out', folder, '--quiet')])
  const stored = await readFile(join(folder, 'report.json'), 'utf8')
  const journal = await readFile(join(folder, 'journal.ndjson'), 'utf8')
  for (const report of [printed, stored].map((json) => JSON.parse(json) as Report)) {
    expect(report.experiment).toMatchObject({ provider: { name: 'aws', variant: 'lambda', region: bed.region } })
    expect(report.cells.map(({ concurrency, failed }) => [concurrency, failed])).toEqual(
      [1, 2, 4, 8].map((concurrency) => [concurrency, 0]),
    )
    expect(report.cost?.finalUsd).toBeGreaterThan(0)
  }
  for (const secret of [server.target.token ?? 'none', ...bed.secrets]) expect(printed + stored + journal).not.toContain(secret)
  expect(bed.remains()).toEqual([])
})
