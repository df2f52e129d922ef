import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importIperf3 } from '../../src/import/iperf3-journal.ts'
import type { CompletedSample } from '../../src/model/journal-record.ts'

// The real programs, over loopback, 20 Mbit/s each.

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, deadline = Date.now() + 10_000): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    } finally {
      socket.destroy()
    }
  }
}

const servers: { port: number; stop: () => Promise<unknown> }[] = []
beforeAll(async () => {
  for (let index = 0; index < 2; index++) {
    const port = await freePort()
    const child = spawn('iperf3', ['-s', '-J', '-p', `${port}`, '-B', '127.0.0.1'], { stdio: 'ignore' })
    const closed = once(child, 'close')
    const stop = () => {
      child.kill('SIGKILL')
      return closed
    }
    servers.push({ port, stop })
    await listening(port)
  }
})
afterAll(() => Promise.all(servers.map(({ stop }) => stop())))

/** A client's output; iperf3 exits with 1 where it writes an error. */
async function client(port: number, ...options: string[]): Promise<string> {
  const args = ['-J', '-c', '127.0.0.1', '-p', `${port}`, '-t', '1', '-b', '20M', ...options]
  const { stdout } = await promisify(execFile)('iperf3', args).catch((error: { stdout: string }) => error)
  return stdout
}

const imported = (...texts: string[]) =>
  importIperf3(texts.map((text, index) => ({ name: `${index}`, text, modifiedMs: Date.now() })), { toolVersion: '1' }) // biome-ignore format: one idea
const rates = (samples: readonly unknown[]) =>
  (samples as CompletedSample[]).map(({ bytes = 0, startedAtMs, endedAtMs }) => (bytes * 8) / (endedAtMs - startedAtMs) / 1000)

test.each([
  ['upload', []],
  ['upload', ['--get-server-output']],
  ['download', ['-R']],
  ['download', ['-R', '-P', '2', '-O', '1']],
])('%s %j', async (direction, options) => {
  const [server] = servers
  // A probing connection may still be the server's: then it is busy, and the client says so.
  const { samples, rounds } = imported(await retried(() => client(server?.port ?? 0, ...options)))
  expect(rounds).toMatchObject([{ direction, concurrency: 1 }])
  expect(samples).toMatchObject([{ outcome: 'completed', countedBy: 'receiver', clockUncertaintyMs: 1000 }])
  const [rate = 0] = rates(samples)
  expect(rate / (options.includes('-P') ? 2 : 1)).toBeGreaterThan(5)
  expect(rate / (options.includes('-P') ? 2 : 1)).toBeLessThan(40)
})

test('both directions; two at once; one without a server', async () => {
  const [both, refused] = await Promise.all([retried(() => client(servers[0]?.port ?? 0, '--bidir')), client(await freePort())])
  expect(imported(both, refused).samples).toMatchObject([
    { outcome: 'completed', direction: 'download' },
    { outcome: 'completed', direction: 'upload' },
    { outcome: 'failed', error: { code: 'IPERF3_ERROR', message: expect.stringContaining('refused') } },
  ])
  const pair = await Promise.all(servers.map(({ port }) => retried(() => client(port, '-R', '-t', '3'))))
  expect(imported(...pair).rounds).toMatchObject([{ concurrency: 2, direction: 'download' }])
})

async function retried(run: () => Promise<string>, deadline = Date.now() + 15_000): Promise<string> {
  for (;;) {
    const text = await run()
    if (!text.includes('the server is busy') || Date.now() > deadline) return text
  }
}
