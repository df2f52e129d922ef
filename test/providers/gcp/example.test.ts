import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { Report } from '../../../src/model/report.ts'
import { startTarget } from '../../../src/server/target.ts'
import { useGcpBed } from './lab.ts'

/** The example as it is written, by the package as it is built. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const example = join(root, 'examples/gcp.ts')

const bed = await useGcpBed()
const server = await startTarget({ port: 0, httpPort: 0, processes: 1 })
const folder = await mkdtemp(join(tmpdir(), 'example-'))
afterAll(async () => {
  await server.dispose()
  await bed[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Ends with 0, or says what it printed. */
async function runs(...command: readonly string[]): Promise<readonly [printed: string, said: string]> {
  const env = { ...process.env, NETFAIR_TARGET: JSON.stringify(server.target) }
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [code, printed, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(code, said).toBe(0)
  return [printed, said]
}

test('node examples/gcp.ts, netfair run examples/gcp.ts', { timeout: 180_000 }, async () => {
  expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThanOrEqual(41)
  const [[printed, said], [table, progress]] = await Promise.all([
    runs(example),
    runs(join(root, 'dist/cli/main.js'), 'run', example, '--out', folder),
  ])
  const stored = await readFile(join(folder, 'report.json'), 'utf8')
  const journal = await readFile(join(folder, 'journal.ndjson'), 'utf8')
  for (const report of [printed, stored].map((json) => JSON.parse(json) as Report)) {
    expect(report.experiment).toMatchObject({ provider: { name: 'gcp', variant: 'gen2', region: bed.region } })
    expect(report.cells.map(({ concurrency, failed }) => [concurrency, failed])).toEqual([1, 2, 4, 8].map((n) => [n, 0]))
    expect(report.cost?.finalUsd).toBeGreaterThan(0)
    const untold = expect.objectContaining({ code: 'cost', message: expect.stringContaining('did not tell the billed time') })
    expect(report.warnings).toContainEqual(untold)
  }
  const everything = printed + said + table + progress + stored + journal
  for (const secret of [server.target.token ?? 'none', ...bed.secrets]) expect(everything).not.toContain(secret)
  expect(bed.remains()).toEqual([])
})
