import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import type { Checked } from '../../examples/paper/claim.ts'
import { cpuBoundBelowTheKnee, iperf3IsNoEstimate, moreFunctionsLessEach, sameAtEveryMemory } from '../../examples/paper/claims.ts'
import { moreFunctionsSooner } from '../../examples/paper/work-claims.ts'
import { type AnalysisOptions, analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Report } from '../../src/model/report.ts'

const execute = promisify(execFile)
const out = mkdtempSync(join(tmpdir(), 'paper-figures-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))
const shortly = { timeout: 240_000 }

interface Figure {
  readonly claims: readonly Checked[]
  /** What a journal says where others use this machine's CPU, too. */
  report(name: string, options?: AnalysisOptions): Promise<Report>
}

/** As a user makes it, in small. */
async function figure(number: number, ...args: readonly string[]): Promise<Figure> {
  const script = `examples/paper/fig${number}.ts`
  const { stdout } = await execute(process.execPath, [script, '--out', out, ...args])
  const claims = JSON.parse(readFileSync(join(out, `fig${number}/claims.json`), 'utf8')) as Checked[]
  expect(claims).not.toEqual([])
  for (const { claim, verdict } of claims) {
    expect(['holds', 'does not hold', 'cannot tell']).toContain(verdict)
    expect(stdout).toContain(`${verdict.toUpperCase()}: ${claim}`)
  }
  const journal = (name: string) => loadJournal(join(out, `fig${number}/${name}.ndjson`))
  return { claims, report: async (name, options) => analyzeJournal(await journal(name), { hostIdle: -1, ...options }) }
}

const few = ['--repetitions', '3', '--seconds', '0.5']

test('figure 2: iperf3 gets the same at every memory', shortly, async () => {
  const { report } = await figure(2, ...few, '--memory', '128,512,1024,3008')
  expect(sameAtEveryMemory(await report('iperf3')).verdict).not.toBe('does not hold')
})

test('figure 3: sizes of files, both ways', shortly, async () => {
  const { claims, report } = await figure(3, '--repetitions', '2', '--seconds', '0.3', '--chunk-mb', '0.2')
  expect(claims).toHaveLength(2)
  const { cells } = await report('downloads')
  expect(new Set(cells.map(({ factors }) => factors['chunkBytes']))).toEqual(new Set([200e3, 400e3, 1e6, 2e6, 4e6]))
  for (const { decomposition } of cells) expect(decomposition?.client).toBeGreaterThan(0)
})

test('figure 4: CPU-bound below the knee, and iperf3 gets more', shortly, async () => {
  const { claims, report } = await figure(4, '--repetitions', '4', '--seconds', '0.8', '--memory', '128,256,1024,2048', '--chunks', '4')
  expect(claims).toHaveLength(6)
  const downloads = await report('downloads', { network: await loadJournal(join(out, 'fig4/iperf3.ndjson')), hostIdle: -1 })
  expect(cpuBoundBelowTheKnee(downloads)).toMatchObject({ verdict: 'holds', here: expect.stringContaining('CPU-bound below the knee') })
  expect(iperf3IsNoEstimate(downloads).verdict).not.toBe('does not hold')
  expect(downloads.cells.find(({ memoryMb }) => memoryMb === 128)?.decomposition?.network?.ratio).toBeGreaterThan(1.5)
})

test('figure 5: holds', shortly, async () => {
  const { report } = await figure(5, ...few, '--seconds', '0.4', '--concurrency', '1,2,4,8')
  expect(moreFunctionsLessEach(await report('iperf3'))).toMatchObject({ verdict: 'holds' })
})

test('figures 6 and 7: work that functions share', shortly, async () => {
  const work = ['--repetitions', '3', '--concurrency', '1,3,6', '--chunks', '12']
  const [six, seven] = [await figure(6, ...work), await figure(7, ...work)]
  expect([...six.claims, ...seven.claims]).toHaveLength(3)
  const { costMap } = await seven.report('work', { costMap: { priceAs: 'aws:us-east-1' } })
  expect(costMap?.cells.map(({ concurrency, roundsUsed, usd }) => [concurrency, roundsUsed, usd !== null])).toEqual([
    [1, 3, true],
    [3, 3, true],
    [6, 3, true],
  ])
  expect(moreFunctionsSooner(await seven.report('work')).verdict).not.toBe('does not hold')
})

test('an option that is not there is told, with those that are', shortly, async () => {
  await expect(figure(5, '--size', '3')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--chunk-mb') })
})
