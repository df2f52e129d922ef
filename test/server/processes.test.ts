import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Health } from '../../src/model/target.ts'
import { startTarget, type TargetOptions } from '../../src/server/target.ts'
import { eventually } from './eventually.ts'
import { realClient } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

const entry = fileURLToPath(new URL('../../src/server/entry.ts', import.meta.url))
const children: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'netfair-test-'))
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Announced {
  readonly iperf3: string
  readonly http: string
  readonly token?: string
  readonly control?: string
}

/** Starts the program; resolves with the line that it prints. */
async function startEntry(
  options: TargetOptions,
): Promise<{ readonly child: ChildProcess; readonly said: Announced; readonly exit: Promise<number | string> }> {
  const child = spawn(process.execPath, [entry, JSON.stringify({ port: 0, httpPort: 0, processes: 2, ...options })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const exit = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')))
  const said = await new Promise<Announced>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line))))
    child.once('exit', () => reject(new Error('ended before it listened')))
  })
  return { child, said, exit }
}

async function workers({ http, token }: Announced, primary: number | undefined): Promise<number[]> {
  const response = await fetch(`${http}/health`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  return ((await response.json()) as Health).processes.map(({ pid }) => pid).filter((pid) => pid !== primary)
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const expectGone = (pids: readonly number[]): Promise<void> => eventually(() => expect(pids.filter(isRunning)).toEqual([]), 3000)

test('the program ends when its standard input closes, and leaves nothing', async () => {
  const control = join(folder, 'control.sock')
  const { child, said, exit } = await startEntry({ control })
  expect(said).toEqual({
    iperf3: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    http: expect.stringMatching(/^http:/),
    token: expect.any(String),
    control,
  })
  const pids = await workers(said, child.pid)
  expect(pids).toHaveLength(2)
  expect(existsSync(control)).toBe(true)
  using client = new ScriptedClient(said.iperf3)
  await client.begin({ netfair_token: said.token, reverse: true })
  child.stdin?.end()
  expect(await exit).toBe(0)
  await client.closed()
  await expectGone(pids)
  expect(existsSync(control)).toBe(false)
})

test('SIGTERM ends it too', async () => {
  const { child, said, exit } = await startEntry({ open: true })
  expect(said.token).toBeUndefined()
  const pids = await workers(said, child.pid)
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
  await expectGone(pids)
})

test('killed -9, it takes its workers along', async () => {
  const { child, said } = await startEntry({ open: true })
  const pids = await workers(said, child.pid)
  using client = new ScriptedClient(said.iperf3)
  await client.begin({ reverse: true })
  client.streams[0]?.resume()
  child.kill('SIGKILL')
  await expectGone(pids)
})

test('options that make no sense: the program says so and ends', async () => {
  const child = spawn(process.execPath, [entry, '{"prot":1}'], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += String(chunk)
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).not.toBe(0)
  expect(text).toContain('Did you mean "port"')
})

test('a worker that dies ends its tests, and is replaced', async () => {
  const { child, said } = await startEntry({ open: true, processes: 1 })
  const [pid = 0] = await workers(said, child.pid)
  using client = new ScriptedClient(said.iperf3)
  await client.begin({})
  process.kill(pid, 'SIGKILL')
  await client.closed()
  const run = await eventually(async () => {
    const { report } = await realClient(said.iperf3, '-n', '1M')
    expect(report.error).toBeUndefined()
    return report
  }, 5000)
  expect(run.end.sum_received.bytes).toBe(1 << 20)
  expect(await workers(said, child.pid)).not.toContain(pid)
})

test('a port that is in use is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  try {
    await expect(startTarget({ port, httpPort: 0 })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(port)),
    })
    await expect(startTarget({ port: 0, httpPort: port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(port)),
    })
  } finally {
    other.close()
  }
})

test.each([
  [{ port: -1 }, 'INVALID_OPTION'],
  [{ httpPort: 70_000 }, 'INVALID_OPTION'],
  [{ processes: 0 }, 'INVALID_OPTION'],
  [{ token: '' }, 'INVALID_OPTION'],
  [{ token: 'x', open: true }, 'INVALID_OPTION'],
  [{ limits: { streams: -1 } }, 'INVALID_OPTION'],
  [{ limits: { stream: 1 } } as object, 'UNKNOWN_OPTION'],
])('refused: %j', async (options, code) => {
  await expect(startTarget(options)).rejects.toMatchObject({ name: 'InputError', code })
})

test('dispose twice; nothing listens any more', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  const { http, token } = started.target
  const pids = await workers({ iperf3: '', http, ...(token !== undefined && { token }) }, process.pid)
  await Promise.all([started.dispose(), started.dispose()])
  await expectGone(pids)
  await expect(fetch(`${http}/clock`)).rejects.toThrow()
})
