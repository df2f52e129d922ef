import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClockReading, Health } from '../../src/model/target.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { realClient } from './real-client.ts'

const token = 'a-token-of-this-test'
const waitMs = 500
let started: StartedTarget
beforeAll(async () => {
  const control = join(tmpdir(), `netfair-test-${process.pid}-${Date.now()}.sock`)
  started = await startTarget({ port: 0, httpPort: 0, token, control, processes: 3, limits: { bytes: 50e6, waitMs } })
})
afterAll(() => started.dispose())

function call(
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
) {
  return fetch(started.target.http + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body }),
  })
}

describe('routes', () => {
  test.each([0, 1, 1_000_000, 3_145_729])('GET /bytes?n=%i', async (n) => {
    const response = await call(`/bytes?n=${n}`)
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(n)
  })

  test('the bytes cannot be compressed', async () => {
    const { deflateSync } = await import('node:zlib')
    const bytes = Buffer.from(await (await call('/bytes?n=100000')).arrayBuffer())
    expect(deflateSync(bytes).length).toBeGreaterThan(bytes.length)
  })

  test.each(['', '?n=', '?n=-1', '?n=1.5', '?n=50000001', '?n=x'])('GET /bytes%s is refused', async (query) => {
    const response = await call(`/bytes${query}`)
    expect(response.status).toBe(400)
    expect(((await response.json()) as { error: { message: string } }).error.message).toMatch(/n must be/)
  })

  test('POST /sink', async () => {
    const response = await call('/sink', { method: 'POST', body: Buffer.alloc(3_000_001) })
    expect(await response.json()).toEqual({ bytes: 3_000_001 })
    expect(await (await call('/sink', { method: 'POST', body: '' })).json()).toEqual({ bytes: 0 })
  })

  test('GET /clock tells where the request came from', async () => {
    expect(await (await call('/clock')).json()).toMatchObject({ peer: '127.0.0.1' })
  })

  test('GET /clock: one clock for all processes, with decimals, that never goes back', async () => {
    let last = Date.now() - 50
    for (let i = 0; i < 60; i++) {
      // A new connection each time reaches the processes in turn.
      const { epochMs } = (await (await call('/clock', { headers: { connection: 'close' } })).json()) as ClockReading
      expect(epochMs).toBeGreaterThan(last)
      last = epochMs
    }
    expect(last).toBeLessThan(Date.now() + 50)
  })

  test('GET /health', async () => {
    const health = async (): Promise<Health> => (await (await call('/health')).json()) as Health
    const before = await health()
    await (await call('/bytes?n=20000000')).arrayBuffer()
    await call('/sink', { method: 'POST', body: Buffer.alloc(1_000_000) })
    const after = await health()
    expect(after.processes).toHaveLength(4)
    expect(new Set(after.processes.map(({ pid }) => pid)).size).toBe(4)
    expect(after.bytesSent - before.bytesSent).toBe(20_000_000)
    expect(after.bytesReceived - before.bytesReceived).toBe(1_000_000)
    const cpu = (reading: Health): number => reading.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
    expect(cpu(after)).toBeGreaterThan(cpu(before))
    expect(after.cores).toBeGreaterThan(0)
    expect(after.nic.receivedBytes).toBeGreaterThanOrEqual(0)
  })

  test('the control socket serves the same', async () => {
    const status = await new Promise((resolve, reject) => {
      const options = { socketPath: started.control, path: '/clock', headers: { authorization: `Bearer ${token}` } }
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  })
})

describe('refused', () => {
  test.each([undefined, 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`])('authorization %s', async (authorization) => {
    const response = await fetch(`${started.target.http}/clock`, authorization === undefined ? {} : { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHORIZED' } })
  })

  test.each([
    ['GET', '/', 404],
    ['GET', '/clocks', 404],
    ['POST', '/rounds/x/again', 404],
    ['POST', '/clock', 405],
    ['DELETE', '/bytes', 405],
    ['GET', '/sink', 405],
    ['GET', '/rounds/x/ready', 405],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await call(path, { method })
    expect(response.status).toBe(status)
    expect(await response.json()).toHaveProperty('error.message')
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing', ''],
    ['no invocation', '{"expected":1,"timeoutMs":10}'],
    ['an invocation that is not of the round', '{"invocation":1,"expected":1,"timeoutMs":10}'],
    ['a negative time', '{"invocation":0,"expected":1,"timeoutMs":-1}'],
    ['text', '{"invocation":"0","expected":1,"timeoutMs":10}'],
    ['half an invocation', '{"invocation":0.5,"expected":2,"timeoutMs":10}'],
    ['no time', '{"invocation":0,"expected":1,"timeoutMs":null}'],
  ])('ready with %s', async (_, body) => {
    const response = await call('/rounds/bad/ready', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toHaveProperty('error.message')
  })

  test.each(['/rounds/%20/next', '/rounds/%zz/next', `/rounds/${'x'.repeat(300)}/next`])('id of a round: %s', async (path) => {
    expect((await call(path, { method: 'POST', body: '{"invocation":0,"chunks":1}' })).status).toBe(400)
  })

  test('a body above 64 KiB', async () => {
    const response = await call('/rounds/bad/next', { method: 'POST', body: JSON.stringify({ text: 'x'.repeat(70_000) }) })
    expect(response.status).toBe(413)
  })

  test('a sink above the limit', async () => {
    const sent = call('/sink', { method: 'POST', body: Buffer.alloc(51e6) })
    // The server answers and hangs up; depending on timing the client sees the answer or the end.
    expect(
      await sent.then(
        (response) => response.status,
        () => 413,
      ),
    ).toBe(413)
  })
})

describe('slow clients are dropped', () => {
  const address = (): [number, string] => {
    const { hostname, port } = new URL(started.target.http)
    return [Number(port), hostname]
  }
  const dropped = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(...address()).on('error', () => {})
      socket.once('close', () => resolve())
      socket.write(text)
      socket.resume()
    })

  test('in the head', () => dropped('GET /clock HTTP/1.1\r\nHost: x\r\n'))
  test('in a small body', () =>
    dropped(`POST /rounds/x/next HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 10\r\n\r\n{`))
  test('in the bytes that they send', () =>
    dropped(`POST /sink HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 10\r\n\r\n{`))
  test('with a request that is none', () => dropped('\x16\x03\x01 hello\r\n\r\n'))
  test('in the bytes that they do not take', async () => {
    const socket = connect(...address()).on('error', () => {})
    socket.write(`GET /bytes?n=50000000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    const full = await call('/bytes?n=1000')
    expect(full.status).toBe(200)
    // Nothing is read for longer than the deadline; then less than all is there.
    await new Promise((resolve) => setTimeout(resolve, 3 * waitMs))
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    await new Promise((resolve) => socket.once('close', resolve))
    expect(bytes).toBeLessThan(50_000_000)
  })
})

test('a real client and HTTP at the same time', async () => {
  const open = await startTarget({ port: 0, httpPort: 0, open: true, processes: 2 })
  try {
    const test = realClient(open.target.iperf3, '-t', '1', '-b', '20M')
    for (let i = 0; i < 20; i++) expect((await fetch(`${open.target.http}/clock`)).status).toBe(200)
    expect((await test).report.error).toBeUndefined()
  } finally {
    await open.dispose()
  }
})
