import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { journalText, type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'
import { netfair } from './netfair.ts'

// Below the checkout, so that experiment files find the package by its name.
let folder: string
beforeAll(() => {
  mkdirSync('coverage', { recursive: true })
  folder = mkdtempSync('coverage/cli-journals-')
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, options: SyntheticOptions, expectations?: readonly object[]): string {
  const path = join(folder, name)
  const journal = syntheticJournal({ concurrency: [1, 2, 4, 8], cv: 0.02, ...options })
  const plan = {
    ...journal.experiment.plan,
    ...(expectations !== undefined && { expectations: expectations as Record<string, unknown>[] }),
  }
  writeFileSync(path, journalText({ ...journal, experiment: { ...journal.experiment, plan } }))
  return path
}

describe('compare', () => {
  test('tables for people, JSON for programs', async () => {
    const paths = [write('a.ndjson', {}), write('b.ndjson', { seed: 2, bitsPerSecond: 80e6 }), write('c.ndjson', { seed: 3 })]
    const { code, stdout, stderr } = await netfair('compare', ...paths)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Standings[\s\S]*best[\s\S]*worse than B; tied with C[\s\S]*Pairs[\s\S]*B ÷ A[\s\S]*better/)
    const json = JSON.parse((await netfair('compare', ...paths, '--json')).stdout)
    expect(Object.keys(json)).toEqual(['schema', 'journals', 'cells'])
    expect(json).toMatchObject({ schema: 'netfair.comparison/1', journals: [{ name: paths[0] }, {}, {}] })
    expect(json.cells).toHaveLength(12)
    expect(json.cells[0]).toMatchObject({ baseline: 0, candidate: 1, verdict: 'better', pairing: 'host-and-repetition', effect: 1 })
  })

  test('wrong input', async () => {
    const path = write('one.ndjson', {})
    expect(await netfair('compare', path)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('two journals or more') })
    expect(await netfair('compare')).toMatchObject({ code: 2 })
    expect(await netfair('compare', path, join(folder, 'absent'))).toMatchObject({ code: 2, stderr: expect.stringContaining('absent') })
    expect(await netfair('compare', path, path, '--margin', 'wide')).toMatchObject({ code: 2, stderr: expect.stringContaining('0.1') })
  })
})

describe('expectations', () => {
  test('analyze prints the report, then what failed, and exits with 1', async () => {
    const expectations = [
      { sharing: 'isolated', upTo: 8 },
      { fairness: 'fair', minimumJain: 0.9 },
    ]
    const failing = await netfair('analyze', write('failing.ndjson', { truth: 'shared' }, expectations))
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining('SHARED') })
    expect(failing.stderr).toMatch(
      /1 of 2 expectations failed\.\nExpected functions isolated up to 8; .*\n {2}.*SHARED.*[\s\S]*\[EXPECTATION_FAILED\]/,
    )
    const holding = write('holding.ndjson', {}, expectations)
    expect(await netfair('analyze', holding)).toMatchObject({ code: 0, stderr: '' })
    const broken = write('broken.ndjson', {}, [{ sharing: 'isolated', upto: 8 }])
    expect(await netfair('analyze', broken)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Did you mean "upTo"') })
  })

  test('run exits with 1; a resumed run may expect something else', async () => {
    const file = join(folder, 'experiment.ts')
    const write = (expectations: string) =>
      writeFileSync(
        file,
        `import { defineExperiment, iperf3 } from 'netfair'
import { local } from 'netfair/local'
export default defineExperiment({
  provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }), probe: iperf3({ seconds: 0.5 }),
  memoryMb: [512], concurrency: [1, 2], repetitions: 1, expectations: [${expectations}],
})`,
      )
    const out = join(folder, 'out')
    write("{ sharing: 'isolated' }, { bandwidth: { atLeastBitsPerSecond: 900e6 } }")
    const failing = await netfair('run', file, '--out', out)
    expect(failing, failing.stderr).toMatchObject({ code: 1, stdout: expect.stringContaining('cannot tell') })
    expect(failing.stderr).toMatch(/2 of 2 expectations failed\.\nExpected isolated functions; .*\n.*cannot tell, because: .*\[levels\]/)
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toMatchObject({ schema: 'netfair.report/1' })
    expect((await netfair('analyze', join(out, 'journal.ndjson'))).code).toBe(1)
    write("{ sharing: 'isolated', allowInconclusive: true }")
    const resumed = await netfair('run', file, '--out', out, '--resume')
    expect(resumed.code, resumed.stderr).toBe(0)
  }, 180_000) // other local runs may come first
})

describe('import iperf3', () => {
  const fixture = (name: string) => `fixtures/iperf3/${name}.json`

  test('writes a journal that analyze reads; an existing one is refused', async () => {
    const out = join(folder, 'imported.ndjson')
    const files = [fixture('together-1'), fixture('together-2'), fixture('server-killed')]
    const { code, stdout, stderr } = await netfair('import', 'iperf3', ...files, '--out', out, '--memory-mb', '512', '--provider', 'aws')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`3 tests in 2 rounds, 1 of them failed: ${out}\n`)
    const { stdout: report, code: analyzed } = await netfair('analyze', out, '--json')
    expect(analyzed).toBe(0)
    const cells = [
      { concurrency: 1, memoryMb: 512, failed: 1 },
      { concurrency: 2, samples: 2 },
    ]
    expect(JSON.parse(report)).toMatchObject({ experiment: { provider: { name: 'aws' } }, cells })
    const again = await netfair('import', 'iperf3', ...files, '--out', out)
    expect(again).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('JOURNAL_EXISTS') })
  })

  test('what cannot be read is named, and nothing is written', async () => {
    const out = join(folder, 'none.ndjson')
    const torn = join(folder, 'torn.json')
    writeFileSync(torn, readFileSync(fixture('upload'), 'utf8').slice(0, 500))
    const broken = await netfair('import', 'iperf3', fixture('upload'), torn, '--out', out)
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringMatching(/torn\.json: cannot be imported: it is not JSON/) })
    const absent = await netfair('import', 'iperf3', join(folder, 'absent.json'), '--out', out)
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringMatching(/absent\.json: cannot be read \(ENOENT\)/) })
    expect(await netfair('import', 'iperf3', fixture('upload'))).toMatchObject({ code: 2, stderr: expect.stringContaining('--out') })
    expect(await netfair('import', 'iperf3', fixture('upload'), '--out', out, '--memory-mb', '0')).toMatchObject({ code: 2 })
    expect(() => readFileSync(out)).toThrow()
  })
})
