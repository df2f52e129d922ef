import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { startTarget } from '../../src/server/target.ts'

/** The examples as they are written, by the package as it is built. */
const root = fileURLToPath(new URL('../..', import.meta.url))
/** Lines of an example, and the end of its last one. */
const MOST_LINES = 41

/** What a test bed must tell of itself, and what is measured there. */
interface Bed {
  /** Default 2048 only. */
  readonly memoryMb?: readonly number[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  remains(): readonly string[]
}

/**
 * Runs an example by node and by `netfair run`, side by side at one target. Both must measure every cell, say what it cost, show no secret and
 * leave nothing behind.
 * @returns both reports
 */
export async function runExample(file: string, bed: Bed): Promise<readonly Report[]> {
  const example = join(root, 'examples', file)
  expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThanOrEqual(MOST_LINES)
  const target = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  const folder = await mkdtemp(join(tmpdir(), 'example-'))
  const environment = { ...process.env, ...bed.environment, NETFAIR_TARGET: JSON.stringify(target.target) }
  try {
    const command = [join(root, 'dist/cli/main.js'), 'run', example, '--out', folder]
    const [printed, shown] = await Promise.all([outputOf([example], environment), outputOf(command, environment)])
    const stored = await readFile(join(folder, 'report.json'), 'utf8')
    const journal = await readFile(join(folder, 'journal.ndjson'), 'utf8')
    const everything = [...printed, ...shown, stored, journal].join('\n')
    for (const secret of [target.target.token ?? 'none', ...bed.secrets]) expect(everything).not.toContain(secret)
    expect(bed.remains()).toEqual([])
    const reports = [printed[0], stored].map((json) => JSON.parse(json) as Report)
    for (const { cells, cost } of reports) {
      const planned = (bed.memoryMb ?? [2048]).flatMap((memoryMb) => [1, 2, 4, 8].map((n) => [memoryMb, n, 0]))
      expect(cells.map(({ memoryMb, concurrency, failed }) => [memoryMb, concurrency, failed])).toEqual(planned)
      expect(cost?.finalUsd).toBeGreaterThan(0)
    }
    return reports
  } finally {
    await target.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Ends with 0, or says what it printed. */
async function outputOf(command: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly [printed: string, said: string]> {
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [code, printed, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(code, said).toBe(0)
  return [printed, said]
}
