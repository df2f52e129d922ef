import { createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/agent/http-request.ts'

const opened: { close(): void }[] = []
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one.close()
})

/** A server that answers each request with whatever `answer` writes. */
async function serve(answer: (socket: Socket, request: string, count: number) => void): Promise<string> {
  let count = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => answer(socket, bytes.toString(), count++))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

function clientOf(origin: string, options: { token?: string; signal?: AbortSignal } = {}): HttpClient {
  const client = createHttpClient({ origin, signal: new AbortController().signal, ...options })
  opened.push(client)
  return client
}

const get = { method: 'GET', path: '/x' } as const
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('several requests share one connection', async () => {
  const ports = new Set<number | undefined>()
  const requests: string[] = []
  const client = clientOf(
    await serve((socket, request) => {
      ports.add(socket.remotePort)
      requests.push(request)
      socket.write(OK)
    }),
    { token: 'T0ken' },
  )
  for (let i = 0; i < 3; i++) await client.request(get)
  const { sentAt, receivedAt, body } = await client.request({ method: 'POST', path: '/y', body: { ä: 1 } })
  expect(body).toBe('ok')
  expect(receivedAt).toBeGreaterThan(sentAt)
  expect(ports.size).toBe(1)
  expect(requests[0]).toContain('authorization: Bearer T0ken\r\n')
  expect(requests[3]).toMatch(/^POST \/y HTTP\/1\.1\r\n[\s\S]*content-length: 8\r\n\r\n\{"ä":1\}$/)
})

test('an idle connection that the server closes is opened again', async () => {
  const client = clientOf(await serve((socket) => socket.end(OK)))
  expect((await client.request(get)).body).toBe('ok')
  expect((await client.request(get)).body).toBe('ok')
})

test('a kept connection that the server closes at the next request gets one more try, a new one none', async () => {
  let requests = 0
  const origin = await serve((socket, _, count) => {
    requests++
    if (count === 0) socket.write(OK)
    else socket.destroy()
  })
  const client = clientOf(origin)
  await client.request(get)
  await expect(client.request(get)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect(requests).toBe(3)
})

test.each([
  [401, 'TARGET_REFUSED'],
  [403, 'TARGET_REFUSED'],
  [404, 'TARGET_ERROR'],
  [500, 'TARGET_ERROR'],
])('status %d is %s', async (status, code) => {
  const client = clientOf(await serve((socket) => socket.write(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)), { token: 'T0ken' })
  const error = await client.request(get).catch((reason: Error) => reason)
  expect(error).toMatchObject({ code, message: expect.stringContaining(String(status)) })
  expect(JSON.stringify([error, (error as Error).message])).not.toContain('T0ken')
})

test('nobody listening', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  await expect(clientOf(`http://127.0.0.1:${port}`).request(get)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', 'HTTP_MALFORMED'],
  ['an answer cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', 'CONNECTION_CLOSED'],
  ['a body without end', `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(100_000)}`, 'HTTP_TOO_LONG'],
])('%s', async (_, text, code) => {
  const client = clientOf(await serve((socket) => socket.end(text)))
  await expect(client.request(get)).rejects.toMatchObject({ code })
})

test('a silent server ends with the time limit, a request in flight with the signal', async () => {
  const controller = new AbortController()
  const client = clientOf(await serve(() => {}), { signal: controller.signal })
  await expect(client.request({ ...get, timeoutMs: 50 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' })
  const request = client.request(get)
  controller.abort(new Error('enough'))
  await expect(request).rejects.toThrow('enough')
})

test('chunk boundaries of the network do not matter', async () => {
  const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x\r\n, \n\r\n0\r\nA: b\r\n\r\n'
  let cuts: readonly number[] = []
  const client = clientOf(
    await serve(async (socket) => {
      let from = 0
      for (const to of [...cuts, whole.length]) {
        await new Promise<void>((resolve) => socket.write(whole.slice(from, to), () => setImmediate(resolve)))
        from = to
      }
    }),
  )
  const positions = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(positions, async (chosen) => {
      cuts = chosen.toSorted((a, b) => a - b)
      expect((await client.request(get)).body).toBe('ok, \n')
    }),
    { numRuns: 60 },
  )
})
