import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leftOf } from '../run/lab.ts'
import { netfair, start } from './netfair.ts'

// Below the checkout, so that experiment files find the package by its name.
let folder: string
beforeAll(() => {
  mkdirSync('coverage', { recursive: true })
  folder = mkdtempSync('coverage/cli-')
})
afterAll(() => rmSync(folder, { recursive: true }))

let number = 0
function experimentFile(body: string): string {
  const file = join(folder, `experiment-${number++}.ts`)
  const imports = "import { defineExperiment, iperf3 } from 'netfair'\nimport { local } from 'netfair/local'\n"
  writeFileSync(file, `${imports}export default defineExperiment({\n${body}\n})\n`)
  return file
}

const small = (more = '') => `
  provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }),
  probe: iperf3({ seconds: 0.5 }),
  memoryMb: [512], concurrency: [1, 2], repetitions: 1, ${more}`

describe('run', () => {
  test('writes journal and report, and `analyze --json` prints the same report byte for byte', async () => {
    const out = join(folder, 'plain')
    const { code, stdout, stderr } = await netfair('run', experimentFile(small()), '--out', out)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/cannot tell|inconclusive/i)
    expect(stderr).toContain('2/2')
    const report = readFileSync(join(out, 'report.json'), 'utf8')
    const analyzed = await netfair('analyze', join(out, 'journal.ndjson'), '--json')
    expect(analyzed).toMatchObject({ code: 0, stderr: '', stdout: report })
    expect(JSON.parse(report)).toMatchObject({ schema: 'netfair.report/1', sharing: [{ verdict: 'inconclusive' }] })
    const refused = await netfair('run', experimentFile(small()), '--out', out)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('JOURNAL_EXISTS') })
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(report)
  })

  test('--quiet says nothing but the report', async () => {
    const { code, stdout, stderr } = await netfair('run', experimentFile(small()), '--out', join(folder, 'quiet'), '--quiet')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toBe('')
  })

  test('--dry-run shows the plan and touches nothing', async () => {
    const out = join(folder, 'dry')
    const { code, stdout } = await netfair('run', experimentFile(small()), '--out', out, '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/2 cells, 2 rounds, about \d+ s/)
    expect(existsSync(out)).toBe(false)
  })

  test.each([
    ['a typo', small('concurency: [1],'), /unknown key "concurency"[\s\S]*Did you mean "concurrency"/],
    ['a typo in the provider', small().replace('sharing', 'sharring'), /unknown key "sharring"[\s\S]*Did you mean "sharing"/],
    ['a typo in the probe', small().replace('seconds', 'secconds'), /unknown key "secconds"[\s\S]*Did you mean "seconds"/],
    ['a memory size that makes no sense', small().replace('[512]', '[0]'), /"memoryMb.0" must be > 0, got 0/],
    ['more memory than the machine has', small().replace('[512]', '[99_000_000]'), /99000000/],
    ['a concurrency that makes no sense', small().replace('[1, 2]', '[0.5]'), /"concurrency.0" must be integer, got 0.5/],
    ['more functions than a bridge has ports', small().replace('[1, 2]', '[5000]'), /5000/],
    ['a syntax error', 'provider: [', /cannot be loaded/],
  ])('%s is refused before anything is made', async (_, body, message) => {
    const { code, stderr, stdout } = await netfair('run', experimentFile(body), '--out', join(folder, `refused-${number}`))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n +at /)
  })

  test('a folder that cannot be made', async () => {
    const file = experimentFile(small())
    expect(await netfair('run', file, '--out', join(file, 'below'))).toMatchObject({ code: 2, stderr: expect.stringContaining('--out') })
  })

  test('a missing file, a file without an experiment, an unknown option', async () => {
    expect(await netfair('run', join(folder, 'absent.ts'))).toMatchObject({ code: 2, stderr: expect.stringContaining('absent.ts') })
    const empty = join(folder, 'empty.ts')
    writeFileSync(empty, 'export {}\n')
    expect(await netfair('run', empty)).toMatchObject({ code: 2, stderr: expect.stringContaining('default export') })
    const commonJs = mkdtempSync(join(folder, 'commonjs-'))
    writeFileSync(join(commonJs, 'package.json'), '{"type": "commonjs"}')
    writeFileSync(join(commonJs, 'experiment.ts'), "import 'netfair'\n")
    expect(await netfair('run', join(commonJs, 'experiment.ts'))).toMatchObject({ code: 2, stderr: expect.stringContaining('.mts') })
    expect(await netfair('run', empty, '--quite')).toMatchObject({ code: 2, stderr: expect.stringContaining('--quiet') })
    expect(await netfair('measure')).toMatchObject({ code: 2 })
  })

  test('Ctrl-C ends cleanly with 130; --resume does the rest', async () => {
    const out = join(folder, 'interrupted')
    const file = experimentFile(small())
    const running = start('run', file, '--out', out)
    await running.saying('1/2')
    running.child.kill('SIGINT')
    expect((await running.finished).code).toBe(130)
    expect(leftOf(running.child.pid ?? -1)).toEqual([])
    const resumed = await netfair('run', file, '--out', out, '--resume')
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toMatchObject({ cells: [{ roundsUsed: 1 }, { roundsUsed: 1 }] })
  })

  test('a report that cannot be written is an error of its own; the journal is complete', async () => {
    const out = join(folder, 'no-report')
    mkdirSync(join(out, 'report.json'), { recursive: true })
    const { code, stdout, stderr } = await netfair('run', experimentFile(small()), '--out', out)
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('REPORT_WRITE_FAILED') })
    expect(stdout).not.toBe('')
    expect((await netfair('analyze', join(out, 'journal.ndjson'))).code).toBe(0)
  })

  test('a full disk ends the run with 3; the journal holds what was written before', async () => {
    const out = mkdtempSync(join(tmpdir(), 'netfair-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', out])
    try {
      const running = start('run', experimentFile(small()), '--out', out)
      const { code, stderr } = await running.finished
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('JOURNAL_WRITE_FAILED') })
      expect(leftOf(running.child.pid ?? -1)).toEqual([])
      const lines = readFileSync(join(out, 'journal.ndjson'), 'utf8').trim().split('\n')
      expect(lines.length).toBeGreaterThan(1)
      for (const line of lines) JSON.parse(line)
    } finally {
      execFileSync('umount', [out])
      rmdirSync(out)
    }
  })
})

test('analyze names the broken line', async () => {
  const journal = join(folder, 'broken.ndjson')
  const [first] = readFileSync(join(folder, 'plain', 'journal.ndjson'), 'utf8').split('\n')
  writeFileSync(journal, `${first}\n{"type":"round","id":7}\n{"type":"end","completedAt":"2026-01-01T00:00:00Z"}\n`)
  expect(await netfair('analyze', journal)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/line 2/) })
  expect(await netfair('analyze', join(folder, 'absent.ndjson'))).toMatchObject({ code: 2, stderr: expect.stringContaining('absent') })
})

test('serve prints where it listens, and asks for its token', async () => {
  const running = start('serve', '--port', '0', '--http-port', '0')
  try {
    const [line] = (await new Promise<string>((resolve) => running.child.stdout.once('data', resolve))).split('\n')
    const target = JSON.parse(line ?? '') as { iperf3: string; http: string; token: string }
    expect(target).toEqual({
      iperf3: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      http: expect.stringMatching(/^http:\/\/127/),
      token: expect.any(String),
    })
    expect((await fetch(`${target.http}/clock`)).status).toBe(401)
    const authorized = await fetch(`${target.http}/clock`, { headers: { authorization: `Bearer ${target.token}` } })
    expect(await authorized.json()).toEqual({ epochMs: expect.any(Number), peer: '127.0.0.1' })
    const [host = '', port = ''] = target.iperf3.split(':')
    await expect(promisify(execFile)('iperf3', ['-c', host, '-p', port, '-n', '1K'])).rejects.toThrow()
    const taken = await netfair('serve', '--port', port, '--http-port', '0')
    expect(taken).toMatchObject({ stdout: '', stderr: expect.stringContaining(port) })
    expect(taken.code).toBe(3)
  } finally {
    running.child.kill('SIGTERM')
  }
  expect((await running.finished).code).toBe(143)
})

test('providers says what works here', async () => {
  const { code, stdout } = await netfair('providers')
  expect(code).toBe(0)
  expect(stdout).toMatch(/local[\s\S]*privileged[\s\S]*cubic/)
})
