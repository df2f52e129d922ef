import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { leftOf } from '../run/lab.ts'

/** The example as it is written, by the package as it is built. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const example = join(root, 'examples/colocation.ts')
const command = join(root, 'dist/cli/main.js')
const out = mkdtempSync(join(tmpdir(), 'colocation-example-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))
const shortly = { timeout: 120_000 }

/** Functions dealt out in turn over four hosts: 6 of them are 2, 2, 1 and 1. */
const truth = [512, 1024].flatMap((memoryMb) => [
  { memoryMb, concurrency: 2, together: 1, largest: 1 },
  { memoryMb, concurrency: 6, together: (2 * 2 + 2 * 2 + 1 + 1) / 6, largest: 2 },
  { memoryMb, concurrency: 12, together: 3, largest: 3 },
])

/** What it printed; it ends with 0 and leaves nothing behind. */
async function outputOf(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [code, printed, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  expect(code, said).toBe(0)
  expect(leftOf(child.pid ?? 0)).toEqual([])
  return printed
}

test('node examples/colocation.ts says how many landed together', shortly, async () => {
  expect(readFileSync(example, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  const lines = (await outputOf(example)).trimEnd().split('\n')
  expect(lines).toEqual(
    truth.map(
      ({ memoryMb, concurrency, together, largest }) =>
        `${memoryMb} MB, ${concurrency} at once: ${together.toFixed(2)} on the host of a function, itself counted, and ` +
        `${largest} on the fullest; unknown for 0 % of the functions.`,
    ),
  )
})

test('netfair run, then netfair colocation: the same, and why', shortly, async () => {
  await outputOf(command, 'run', example, '--out', out, '--quiet')
  const { cells, colocation } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
  expect(cells.map(({ memoryMb, concurrency, rounds, failed }) => ({ memoryMb, concurrency, rounds, failed }))).toEqual(
    truth.map(({ memoryMb, concurrency }) => ({ memoryMb, concurrency, rounds: 3, failed: 0 })),
  )
  const landed = colocation?.landed.map(({ memoryMb, concurrency, rounds, unknownShare, together, largest }) => ({
    ...{ memoryMb, concurrency, rounds, unknownShare },
    ...{ together: together.median, largest: largest.median },
  }))
  expect(landed).toEqual(truth.map((cell) => ({ ...cell, rounds: 3, unknownShare: 0, together: expect.closeTo(cell.together, 12) })))
  expect(colocation).toMatchObject({ unknownShare: 0, quality: { fowlkesMallows: 1, groupCountError: 0, unknownShare: 0 } })

  const shown = await outputOf(command, 'colocation', join(out, 'journal.ndjson'))
  expect(shown.replaceAll(/\s+/g, ' ')).toContain('at 512 MB, n = 12, 3 rounds: a function was one of 3 on its host, the fullest had 3;')
  expect(JSON.parse(await outputOf(command, 'colocation', join(out, 'journal.ndjson'), '--json'))).toEqual(colocation)
})
