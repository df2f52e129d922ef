import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { Health, Target } from '../../src/model/target.ts'
import { type StartedTarget, startTarget, type TargetOptions } from '../../src/server/target.ts'
import { eventually } from './eventually.ts'
import { realClient } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

const token = 'a-token-of-this-test'
const targets: StartedTarget[] = []
afterEach(() => Promise.all(targets.splice(0).map((target) => target.dispose())))

const start = async (options: TargetOptions): Promise<Target> => {
  const started = await startTarget({ port: 0, httpPort: 0, processes: 1, ...options })
  targets.push(started)
  return started.target
}

function open(address: string): Socket {
  const { hostname, port } = new URL(address.startsWith('http') ? address : `tcp://${address}`)
  return connect(Number(port), hostname).on('error', () => {})
}

/** What the server says to a request until it closes the connection. */
async function ask(address: string, request: string): Promise<string> {
  const socket = open(address).setEncoding('utf8')
  let answer = ''
  socket.on('data', (text) => {
    answer += text
  })
  socket.write(request)
  await once(socket, 'close')
  return answer
}

async function pids({ http }: Target): Promise<number[]> {
  const response = await fetch(`${http}/health`, { headers: { authorization: `Bearer ${token}` } })
  return ((await response.json()) as Health).processes.map(({ pid }) => pid)
}

test.each(['//', 'http://[', 'http://x:99999/'])('a path that is none ends no process: %s', async (path) => {
  const target = await start({ token })
  const before = await pids(target)
  const head = `GET ${path} HTTP/1.1\r\nHost: x\r\n`
  expect(await ask(target.http, `${head}\r\n`)).toMatch(/^HTTP\/1\.1 401 /)
  expect(await ask(target.http, `${head}Authorization: Bearer ${token}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 .*INVALID_URL/s)
  expect(await pids(target)).toEqual(before)
})

test.each(['GET', 'PUT', 'POST'])('without the token nothing is read beyond the head: %s', async (method) => {
  const target = await start({ token })
  const socket = open(target.http)
  socket.write(`${method} /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n`)
  const block = Buffer.alloc(1 << 20)
  const send = (): void => void socket.write(block, (error) => error || setImmediate(send))
  send()
  await new Promise((resolve) => socket.resume().once('close', resolve))
})

test('a rate beyond all measure occupies no process', async () => {
  const target = await start({ open: true })
  using client = new ScriptedClient(target.iperf3)
  await client.begin({ reverse: true, bandwidth: 1e300 })
  client.streams[0]?.resume()
  for (let i = 0; i < 5; i++) expect((await fetch(`${target.http}/clock`, { signal: AbortSignal.timeout(3000) })).status).toBe(200)
})

test('clients that show no token keep nobody out', async () => {
  const target = await start({ token, limits: { tests: 2 } })
  using oldest = new ScriptedClient(target.iperf3)
  await oldest.introduce()
  using other = new ScriptedClient(target.iperf3)
  await other.introduce()
  using first = new ScriptedClient(target.iperf3)
  await first.begin({ netfair_token: token })
  await oldest.closed()
  using second = new ScriptedClient(target.iperf3)
  await second.begin({ netfair_token: token })
  await other.closed()
  using refused = new ScriptedClient(target.iperf3)
  await expect(refused.introduce()).rejects.toThrow(/got -1/)
  for (const client of [first, second]) await client.finish([0])
})

test('a target that ends closes connections that nobody has yet', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 1, limits: { waitMs: 60_000 } })
  const socket = open(started.target.iperf3)
  const closed = new Promise((resolve) => socket.resume().once('close', resolve))
  await once(socket, 'connect')
  await eventually(async () => expect((await realClient(started.target.iperf3, '-n', '1K')).code).toBe(0), 3000)
  await started.dispose()
  await closed
})

test('without a free file descriptor it goes on, and serves again when there are some', async () => {
  const entry = fileURLToPath(new URL('../../src/server/entry.ts', import.meta.url))
  const options = { port: 0, httpPort: 0, open: true, processes: 1, limits: { waitMs: 500 } }
  const limited = ['-c', `ulimit -n 64; exec "$0" "$@"`, process.execPath, entry, JSON.stringify(options)]
  const child = spawn('sh', limited, { stdio: ['pipe', 'pipe', 'ignore'] })
  const many: Socket[] = []
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const target = JSON.parse(String(line)) as Target
    for (const address of [target.iperf3, target.http]) {
      for (let i = 0; i < 200; i++) many.push(open(address))
      await eventually(() => expect(many.filter(({ closed }) => !closed)).toEqual([]), 8000)
    }
    await eventually(async () => {
      expect((await fetch(`${target.http}/clock`)).status).toBe(200)
      expect((await realClient(target.iperf3, '-n', '1M')).code).toBe(0)
    }, 5000)
    expect(child.exitCode).toBeNull()
  } finally {
    for (const socket of many) socket.destroy()
    child.kill('SIGKILL')
  }
}, 30_000)
