import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { scriptedHttp } from '../../agent/scripted-http.ts'
import { measure } from './measure.ts'

test.each([
  ['nothing', ''],
  ['half of a head', 'HTTP/1.1 200 OK\r\nContent-Len'],
  ['a head with bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc'],
  ['a head without its body', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
])('a server that says %s is no rate of 0', async (_, answer) => {
  await using server = await scriptedHttp((socket) => void socket.write(answer))
  await expect(measure({ url: `${server.origin}/a`, seconds: 0.2 })).rejects.toMatchObject({
    code: 'HTTP_SILENT',
    message: expect.stringMatching(/Not one byte of a body came within 2\d\d ms/),
  })
})

test('what a server compresses without being asked counts as it came', async () => {
  await using server = await scriptedHttp(
    (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde'),
  )
  expect((await measure({ url: `${server.origin}/a`, bytes: 10 })).bytes).toBe(10)
  expect(server.requests[0]?.headers.get('accept-encoding')).toBe('identity')
})

test('IPv6 literals, percent-encoding and fragments in a URL', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.host, request.url)
    response.end('abc')
  }).listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    expect((await measure({ url: `http://[::1]:${port}/ü b%2Fc?q=ä#part`, bytes: 3 })).bytes).toBe(3)
    expect(seen).toEqual([`[::1]:${port}`, '/%C3%BC%20b%2Fc?q=%C3%A4'])
  } finally {
    server.close()
  }
})

test('the token is not sent elsewhere, and again on the way back', async () => {
  const away = (to: string): string => `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'
  await using other = await scriptedHttp((socket) => void socket.write(away(`${home.origin}/back`)))
  await using home = await scriptedHttp((socket, { path }) => void socket.write(path === '/back' ? ok : away(`${other.origin}/away`)))
  const target = { iperf3: '127.0.0.1:9', http: home.origin, token: 'T0ken' }
  await measure({ bytes: 3, allowOrigins: [other.origin] }, target)
  expect(other.requests.map(({ headers }) => headers.get('authorization'))).toEqual([undefined])
  expect(home.requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer T0ken', 'Bearer T0ken'])
})
