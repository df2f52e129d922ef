import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer } from '../../src/server/http/http-server.ts'
import { targetClock } from '../../src/server/target-clock.ts'

const limits = { streams: 1, tests: 1, seconds: 1, bytes: 1e9, waitMs: 300, streamWaitMs: 300 }
const context = {
  limits,
  admits: () => true,
  clock: targetClock(0),
  traffic: { sentBytes: 0, receivedBytes: 0 },
  ask: () => Promise.resolve({ status: 200, body: {} }),
}

test.each([
  ['a download', 'GET /bytes?n=10 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['an upload', 'POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx'],
  ['the clock', 'GET /clock HTTP/1.1\r\nHost: x\r\n\r\n'],
])('a connection that stays idle after %s is closed, but not before its time', async (_, request) => {
  const http = createHttpServer(context)
  http.keepAliveTimeout = 700
  const server = createServer((socket) => http.emit('connection', socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  try {
    socket.write(request)
    await once(socket, 'data')
    const answeredAt = performance.now()
    socket.resume()
    await once(socket, 'close')
    expect(performance.now() - answeredAt).toBeGreaterThan(600)
  } finally {
    socket.destroy()
    server.close()
    http.close()
  }
})

test('many requests at once on one connection are no leak', async () => {
  const warnings: Error[] = []
  const warn = (warning: Error): number => warnings.push(warning)
  process.on('warning', warn)
  const http = createHttpServer(context)
  const server = createServer((socket) => http.emit('connection', socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  try {
    const count = 40
    socket.write('GET /bytes?n=1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count))
    let text = ''
    for await (const chunk of socket.setEncoding('latin1')) {
      text += String(chunk)
      if (text.split('200 OK').length > count) break
    }
    await new Promise(setImmediate)
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', warn)
    socket.destroy()
    server.close()
    http.close()
  }
})
