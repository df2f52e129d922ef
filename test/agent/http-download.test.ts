import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openDownload } from '../../src/agent/http-download.ts'
import type { DownloadOptions, DownloadTransfer } from '../../src/model/capabilities.ts'
import { MeasurementError } from '../../src/model/errors.ts'
import { type CommonMs, commonMs } from '../../src/model/units.ts'
import { eventually } from '../server/eventually.ts'
import { ok, type ScriptedHttp, scriptedHttp } from './scripted-http.ts'

const now = (): CommonMs => commonMs(performance.timeOrigin + performance.now())
const code = (expected: string) => expect.objectContaining({ code: expected })

interface Surroundings {
  readonly signal?: AbortSignal
  readonly allowed?: readonly string[]
}

const open = (url: string, options: DownloadOptions = {}, { signal = AbortSignal.timeout(30_000), allowed = [] }: Surroundings = {}) =>
  openDownload(url, options, { signal, now, isAllowed: (origin) => allowed.includes(origin) })

async function start(url: string, options: DownloadOptions = {}, surroundings: Surroundings = {}): Promise<DownloadTransfer> {
  return (await open(url, options, { allowed: [new URL(url).origin], ...surroundings })).start()
}

/** Downloads to its end; the series must tell of every byte. */
async function download(server: ScriptedHttp, options: DownloadOptions, surroundings: Surroundings = {}): Promise<DownloadTransfer> {
  const transfer = await start(`${server.origin}/a`, options, surroundings)
  await transfer.ended
  expect(transfer.intervals().reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(transfer.bytes)
  return transfer
}

describe('payload is counted to the byte', () => {
  test('over many answers on one connection, framed in turn by length and chunks', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX: y\r\n\r\n'
    await using server = await scriptedHttp((socket, _, index) => void socket.write(index % 2 === 0 ? ok(10) : chunked))
    const transfer = await download(server, { limitBytes: 170 })
    expect(transfer.bytes).toBe(170)
    expect(transfer.facts()).toMatchObject({ requests: 20, retries: 0 })
    expect(server.sockets).toHaveLength(1)
  })

  test('up to the close, each on a new connection', async () => {
    await using server = await scriptedHttp((socket) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(50)}`))
    const transfer = await download(server, { limitBytes: 150 })
    expect(transfer.bytes).toBe(150)
    expect(server.sockets).toHaveLength(3)
    expect(transfer.facts().retries).toBe(0)
  })

  test('the last answer is cut off where the limit is reached', async () => {
    await using server = await scriptedHttp((socket) => void socket.write(ok(1000)))
    expect((await download(server, { limitBytes: 1 })).bytes).toBe(1)
    expect((await download(server, { limitBytes: 1001 })).bytes).toBe(1001)
  })

  test('over parallel connections', async () => {
    await using server = await scriptedHttp((socket) => void socket.write(ok(1000)))
    const transfer = await download(server, { limitBytes: 50_000, parallel: 8 })
    expect(transfer.bytes).toBe(50_000)
    expect(server.sockets).toHaveLength(8)
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(8)
  })

  test('interim answers and a head that comes byte by byte are no payload', async () => {
    await using server = await scriptedHttp(async (socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n')
      for (const byte of ok(20)) {
        socket.write(byte)
        await new Promise(setImmediate)
      }
    })
    expect((await download(server, { limitBytes: 20 })).bytes).toBe(20)
  })
})

describe('connections', () => {
  test('without keep-alive each request has its own, and says so', async () => {
    await using server = await scriptedHttp((socket) => void socket.write(ok(10)))
    const download_ = await open(`${server.origin}/a`, { limitBytes: 30, keepAlive: false })
    expect(server.sockets).toHaveLength(0)
    const transfer = download_.start()
    await transfer.ended
    expect(server.sockets).toHaveLength(3)
    expect(server.requests.every(({ headers }) => headers.get('connection') === 'close')).toBe(true)
    expect(transfer.facts()).toMatchObject({ requests: 3, connectMs: expect.any(Number), firstByteMs: expect.any(Number) })
  })

  test('what the server says about keeping it is heeded', async () => {
    await using server = await scriptedHttp((socket) => void socket.end(ok(10, 'Connection: close')))
    expect((await download(server, { limitBytes: 30 })).facts()).toMatchObject({ requests: 3, retries: 0 })
    expect(server.sockets).toHaveLength(3)
  })

  test('bytes behind the end of a body are nobody’s, and cost the connection', async () => {
    await using server = await scriptedHttp((socket) => void socket.write(`${ok(10)}HTTP/1.1 200 OK\r\n`))
    expect((await download(server, { limitBytes: 20 })).bytes).toBe(20)
    expect(server.sockets).toHaveLength(2)
  })

  test.each([
    ['closed', (server: ScriptedHttp) => server.sockets[0]?.end()],
    ['given up with a 408', (server: ScriptedHttp) => server.sockets[0]?.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')],
  ])('one that was %s before the start is replaced', async (_, end) => {
    await using server = await scriptedHttp((socket) => void socket.write(ok(10)))
    const opened = await open(`${server.origin}/a`, { limitBytes: 10 })
    await eventually(() => expect(server.sockets).toHaveLength(1), 5000)
    end(server)
    await eventually(() => expect(server.sockets[0]?.destroyed).toBe(true), 5000)
    const transfer = opened.start()
    await transfer.ended
    expect(transfer.bytes).toBe(10)
    expect(server.sockets).toHaveLength(2)
  })

  test('one that is closed at the moment of the request is replaced once', async () => {
    await using server = await scriptedHttp((socket, _, index) => void (index === 1 ? socket.destroy() : socket.write(ok(10))))
    expect((await download(server, { limitBytes: 30 })).facts()).toMatchObject({ requests: 4, retries: 1 })
  })

  test('a server that never answers is asked no third time', async () => {
    await using server = await scriptedHttp((socket) => void socket.destroy())
    await expect(download(server, { limitBytes: 30 })).rejects.toEqual(code('CONNECTION_CLOSED'))
    expect(server.requests).toHaveLength(2)
  })

  test('a stop closes them and counts no further byte', async () => {
    await using server = await scriptedHttp(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(99)}`),
    )
    const transfer = await start(`${server.origin}/a`, { parallel: 2 })
    await eventually(() => expect(transfer.bytes).toBe(198), 5000)
    transfer.stop()
    transfer.stop()
    await transfer.ended
    expect(transfer.bytes).toBe(198)
    await eventually(() => expect(server.sockets.every(({ destroyed }) => destroyed)).toBe(true), 5000)
  })
})

describe('redirects', () => {
  const redirect = (location: string, status = 302): string =>
    `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 5\r\n\r\nmoved`

  test.each([301, 302, 303, 307, 308])('%i is followed, relative and with its own body, on the same connection', async (status) => {
    await using server = await scriptedHttp((socket, { path }) => void socket.write(path === '/a' ? redirect('b?c=d', status) : ok(10)))
    const transfer = await download(server, { limitBytes: 20 })
    expect(transfer.bytes).toBe(20)
    expect(server.requests.map(({ path }) => path)).toEqual(['/a', '/b?c=d', '/a', '/b?c=d'])
    expect(server.sockets).toHaveLength(1)
  })

  test('five are followed, a sixth is not', async () => {
    await using server = await scriptedHttp((socket, { path }) => void socket.write(redirect(`${path}x`)))
    await expect(download(server, {})).rejects.toEqual(code('TOO_MANY_REDIRECTS'))
    expect(server.requests).toHaveLength(6)
    await using five = await scriptedHttp((socket, { path }) => void socket.write(path === '/axxxxx' ? ok(1) : redirect(`${path}x`)))
    expect((await download(five, { limitBytes: 1 })).facts().requests).toBe(6)
  })

  test('the token goes to no other origin', async () => {
    await using other = await scriptedHttp((socket) => void socket.write(ok(10)))
    await using server = await scriptedHttp((socket) => void socket.write(redirect(`${other.origin}/b`)))
    const options = { limitBytes: 30, token: 'T0ken', headers: { 'X-Name': 'value' } }
    const transfer = await download(server, options, { allowed: [server.origin, other.origin] })
    expect(transfer.bytes).toBe(30)
    expect(server.requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer T0ken', 'Bearer T0ken', 'Bearer T0ken'])
    expect(other.requests.map(({ headers }) => headers.get('authorization'))).toEqual([undefined, undefined, undefined])
    expect(other.requests[0]?.headers.get('x-name')).toBe('value')
    expect(other.requests[0]?.headers.get('host')).toBe(new URL(other.origin).host)
  })

  test('an origin that is not allowed is not even connected to', async () => {
    await using other = await scriptedHttp((socket) => void socket.write(ok(10)))
    await using server = await scriptedHttp((socket) => void socket.write(redirect(`${other.origin}/b`)))
    await expect(download(server, { token: 'T0ken' })).rejects.toMatchObject({
      code: 'TARGET_NOT_ALLOWED',
      message: expect.stringContaining(other.origin),
      hint: expect.stringContaining('allowOrigins'),
    })
    expect(other.sockets).toHaveLength(0)
  })

  test.each(['ftp://127.0.0.1/x', 'http://[', 'javascript:1'])('to %s is malformed', async (location) => {
    await using server = await scriptedHttp((socket) => void socket.write(redirect(location)))
    await expect(download(server, {})).rejects.toEqual(code('HTTP_MALFORMED'))
  })

  test('an endless body of a redirect is not waited for', async () => {
    await using server = await scriptedHttp(
      (socket, { path }) => void socket.write(path === '/a' ? 'HTTP/1.1 302 Moved\r\nLocation: /b\r\n\r\nxxx' : ok(10)),
    )
    expect((await download(server, { limitBytes: 20 })).bytes).toBe(20)
  })
})

const head = 'HTTP/1.1 200 OK\r\n'
describe('bad answers fail', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n', 'HTTP_MALFORMED'],
    ['an endless head', `${head}A: ${'a'.repeat(20_000)}`, 'HTTP_MALFORMED'],
    ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2000), 'HTTP_MALFORMED'],
    ['a bad length', `${head}Content-Length: -5\r\n\r\n`, 'HTTP_MALFORMED'],
    ['a garbage chunk size', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 'HTTP_MALFORMED'],
    [
      'a range that nobody asked for',
      'HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello',
      'HTTP_MALFORMED',
    ],
    ['no bytes', ok(0), 'HTTP_EMPTY'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP_EMPTY'],
    ['another protocol from here on', 'HTTP/1.1 101 Switching\r\n\r\n', 'HTTP_STATUS'],
    ['not modified', 'HTTP/1.1 304 Not Modified\r\n\r\n', 'HTTP_STATUS'],
    ['a redirect to nowhere', 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n', 'HTTP_STATUS'],
    ['missing', 'HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nno such\nfile', 'HTTP_STATUS'],
    ['an error without an end', 'HTTP/1.1 500 Oops\r\n\r\n', 'HTTP_STATUS'],
  ])('%s', async (_, answer, expected) => {
    await using server = await scriptedHttp((socket) => void socket.write(answer))
    await expect(download(server, {})).rejects.toEqual(code(expected))
    await eventually(() => expect(server.sockets.every(({ destroyed }) => destroyed)).toBe(true), 5000)
  })

  test('with status and beginning of the body in the message, and without the query of the URL', async () => {
    await using server = await scriptedHttp(
      (socket) => void socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nno such\nfile'),
    )
    const transfer = await start(`${server.origin}/a/b?signature=SECRET`)
    await expect(transfer.ended).rejects.toMatchObject({ message: `GET ${server.origin}/a/b gave status 404: no such file` })
    expect(server.requests[0]?.path).toBe('/a/b?signature=SECRET')
  })

  test.each([
    ['by length', `${head}Content-Length: 100\r\n\r\nhello`, /after 5 bytes of a body, 95 bytes early/],
    ['in a chunk', `${head}Transfer-Encoding: chunked\r\n\r\n64\r\nhello`, /after 5 bytes of a body/],
    ['before the last chunk', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, /after 5 bytes of a body/],
    ['in the head', head, /in the head of its answer/],
  ])('a body that ends too early, %s, keeps what was counted', async (_, answer, message) => {
    await using server = await scriptedHttp((socket) => void socket.end(answer))
    const transfer = await start(`${server.origin}/a`)
    await expect(transfer.ended).rejects.toMatchObject({ code: 'CONNECTION_CLOSED', message: expect.stringMatching(message) })
    expect(transfer.bytes).toBe(answer.endsWith(head) ? 0 : 5)
  })

  test('a reset ends no body well, not even one that the close would end', async () => {
    await using server = await scriptedHttp((socket) => void socket.write(`${head}\r\nhello`))
    const transfer = await start(`${server.origin}/a`)
    await eventually(() => expect(transfer.bytes).toBe(5), 5000)
    server.sockets[0]?.resetAndDestroy()
    await expect(transfer.ended).rejects.toEqual(code('CONNECTION_CLOSED'))
  })

  test.each([
    ['ignored', ok(500), 'RANGE_IGNORED'],
    ['another', 'HTTP/1.1 206 Partial\r\nContent-Range: bytes 1-100/500\r\nContent-Length: 100\r\n\r\n', 'HTTP_MALFORMED'],
    ['shorter', 'HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-99/500\r\nContent-Length: 5\r\n\r\nhello', 'HTTP_MALFORMED'],
    ['unknown', 'HTTP/1.1 206 Partial\r\nContent-Length: 100\r\n\r\n', 'HTTP_MALFORMED'],
    ['impossible', 'HTTP/1.1 416 No\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n', 'HTTP_STATUS'],
  ])('a range that is %s', async (_, answer, expected) => {
    await using server = await scriptedHttp((socket) => void socket.write(answer))
    await expect(download(server, { rangeBytes: 100 })).rejects.toEqual(code(expected))
  })
})

describe('the deadline ends it', () => {
  const deadline = new MeasurementError('DEADLINE', 'over', { hint: '' })

  test.each([
    ['a server that says nothing', ''],
    ['a head that never ends', 'HTTP/1.1 200 OK\r\n'],
    ['a body that never ends', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx'],
  ])('%s', async (_, answer) => {
    const controller = new AbortController()
    await using server = await scriptedHttp((socket) => void (answer && socket.write(answer)))
    const transfer = await start(`${server.origin}/a`, {}, { signal: controller.signal })
    await eventually(() => expect(server.requests).toHaveLength(1), 5000)
    controller.abort(deadline)
    await expect(transfer.ended).rejects.toBe(deadline)
    await eventually(() => expect(server.sockets[0]?.destroyed).toBe(true), 5000)
  })

  test('also before the start', async () => {
    const controller = new AbortController()
    await using server = await scriptedHttp(() => {})
    const opened = await open(`${server.origin}/a`, {}, { signal: controller.signal })
    controller.abort(deadline)
    await expect(opened.start().ended).rejects.toBe(deadline)
    await expect(open(`${server.origin}/a`, {}, { signal: controller.signal })).rejects.toBe(deadline)
  })
})

test('nobody there is unreachable', async () => {
  const gone = await scriptedHttp(() => {})
  await gone[Symbol.asyncDispose]()
  await expect(open(`${gone.origin}/a`)).rejects.toEqual(code('TARGET_UNREACHABLE'))
})

test('a slow trickle is counted where it comes', async () => {
  await using server = await scriptedHttp(async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
    for (let sent = 0; sent < 5; sent++) {
      socket.write('x')
      await sleep(30)
    }
  })
  const transfer = await start(`${server.origin}/a`, { limitBytes: 5, intervalMs: 10 })
  await transfer.ended
  expect(transfer.intervals().filter(([, , bytes]) => bytes > 0).length).toBeGreaterThan(2)
})
