import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Checked } from '../../examples/paper/claim.ts'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { countedRounds } from '../../src/analysis/counted-rounds.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import { startTarget } from '../../src/server/target.ts'

const execute = promisify(execFile)

/** A cloud with its store, as a user's environment names both. */
export interface PaperCloud {
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  /** Beside `--provider`. */
  readonly args: readonly string[]
  readonly memoryMb: number
  secrets(): readonly string[]
  remains(): readonly string[]
}

interface Failure {
  readonly code: number
  readonly stderr: string
}

/** The paper's figures, tiny, on the test bed of a cloud; by the package as it is built. */
export function testPaper(cloud: () => PaperCloud): void {
  /** Runs a figure at a target of its own; says what it claims, and where its journals lie. */
  async function figure<Result>(number: number, look: (claims: readonly Checked[], folder: string) => Promise<Result>): Promise<Result> {
    const { name, environment, args, memoryMb, secrets, remains } = cloud()
    const out = await mkdtemp(join(tmpdir(), 'paper-on-cloud-'))
    const target = await startTarget({ port: 0, httpPort: 0, processes: 1 })
    try {
      const tiny = ['--memory', String(memoryMb), '--concurrency', '1,2', '--repetitions', '1', '--seconds', '0.3']
      const work = ['--chunk-mb', '0.05', '--chunks', '4']
      const env = { ...process.env, ...environment, NETFAIR_TARGET: JSON.stringify(target.target) }
      const command = [`examples/paper/fig${number}.ts`, '--provider', name, '--out', out, ...args, ...tiny, ...work]
      const { stdout, stderr } = await execute(process.execPath, command, { env })
      const folder = join(out, `fig${number}`)
      const claims = JSON.parse(await readFile(join(folder, 'claims.json'), 'utf8')) as Checked[]
      expect(claims).not.toEqual([])
      for (const { claim, verdict } of claims) expect(stdout).toContain(`${verdict.toUpperCase()}: ${claim}`)
      expect(remains()).toEqual([])
      for (const secret of [...secrets(), target.target.token ?? 'none']) expect(stdout + stderr).not.toContain(secret)
      return await look(claims, folder)
    } finally {
      await target.dispose()
      await rm(out, { recursive: true, force: true })
    }
  }

  test('figure 2: iperf3', { timeout: 90_000 }, () =>
    figure(2, async ([claim], folder) => {
      // One size tells nothing of memory.
      expect(claim).toMatchObject({ verdict: 'cannot tell', here: expect.stringContaining('[levels]') })
      const { cells } = analyzeJournal(await loadJournal(join(folder, 'iperf3.ndjson')))
      expect(cells.map(({ direction, failed }) => [direction, failed]).toSorted()).toEqual([
        ['download', 0],
        ['upload', 0],
      ])
    }),
  )

  test('figure 6: objects, uploaded first, and moved by the SDK of the store', { timeout: 90_000 }, () =>
    figure(6, async ([claim], folder) => {
      expect(claim?.here).toMatch(/n = 1: .*n = 2: /)
      const { samples, experiment } = countedRounds(await loadJournal(join(folder, 'work.ndjson')))
      expect(experiment.provider.name).toBe(cloud().name)
      expect(samples.flatMap(({ chunks = [] }) => chunks.map(({ ok }) => ok))).toEqual(Array(8).fill(true))
      expect(samples.every(({ values }) => (values?.['sdkMs'] ?? 0) > 0)).toBe(true)
    }),
  )

  test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['no bucket', [], { NETFAIR_BUCKET: '' }, /NETFAIR_BUCKET is not set/],
    ['a number that is none', ['--concurrency', '1,x'], {}, /--concurrency: "x"/],
    ['a size that no function has', ['--memory', '7'], {}, /7/],
  ])('%s: refused before anything is made', async (_, wrong, variables, message) => {
    const { name, environment, args, memoryMb } = cloud()
    const env = { ...process.env, ...environment, NETFAIR_TARGET: '{"iperf3":"127.0.0.1:1","http":"http://127.0.0.1:1"}', ...variables }
    const command = ['examples/paper/fig6.ts', '--provider', name, ...args, '--memory', String(memoryMb), ...wrong]
    const refused: Failure = await execute(process.execPath, command, { env }).then(
      () => expect.unreachable(),
      (error) => error,
    )
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
    expect(refused.stderr).not.toContain('objects of')
  })
}
