import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { openTcpStream } from '../../src/agent/tcp-stream.ts'
import type { BulkTransfer, TcpStream } from '../../src/model/capabilities.ts'
import { MeasurementError } from '../../src/model/errors.ts'
import { type CommonMs, commonMs } from '../../src/model/units.ts'

const now = (): CommonMs => commonMs(performance.timeOrigin + performance.now())
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    ends.push(() => socket.destroy())
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  ends.push(() => server.close())
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as { port: number }).port}`
}

async function open(address: string, signal = AbortSignal.timeout(20_000)): Promise<TcpStream> {
  const stream = await openTcpStream(address, { signal, now })
  ends.push(() => stream.close())
  return stream
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !condition(); await sleep(2)) {
    if (performance.now() > deadline) throw new Error('it never came')
  }
}

/** Contiguous, and no byte more or less than the transfer counted. */
function expectSeries(transfer: BulkTransfer, startedAtMs: number, endedAtMs: number): void {
  const intervals = transfer.intervals()
  expect(intervals.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(transfer.bytes)
  expect(intervals[0]?.[0]).toBeGreaterThanOrEqual(startedAtMs)
  expect(intervals.at(-1)?.[1]).toBeLessThanOrEqual(endedAtMs)
  for (const [index, [startMs, endMs]] of intervals.entries()) {
    expect(endMs).toBeGreaterThanOrEqual(startMs)
    if (index > 0) expect(startMs).toBe(intervals[index - 1]?.[1])
  }
}

const code = (expected: string) => expect.objectContaining({ code: expected })

test('messages come whole and in order, however they were cut on the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.array(fc.integer({ min: 1, max: 999 })), async (bytes, cuts) => {
      const address = await listen((socket) => {
        for (let from = 0, index = 0; from < bytes.length; index++) {
          const length = cuts[index] ?? 1000
          socket.write(bytes.subarray(from, from + length))
          from += length
        }
      })
      const stream = await open(address)
      const first = stream.receive(Math.ceil(bytes.length / 2))
      const second = stream.receive(Math.floor(bytes.length / 2))
      expect(Buffer.concat([await first, await second])).toEqual(Buffer.from(bytes))
      stream.close()
    }),
    { numRuns: 30 },
  )
})

test('streams of one process do not mix: they read into one buffer', async () => {
  const echo = await listen((socket) => socket.pipe(socket))
  const streams = await Promise.all(Array.from({ length: 8 }, () => open(echo)))
  await Promise.all(
    streams.map(async (stream, index) => {
      for (let round = 0; round < 20; round++) {
        const message = Buffer.alloc(3000, index * 20 + round)
        const received = stream.receive(message.length)
        await stream.send(message)
        expect(Buffer.compare(await received, message)).toBe(0)
      }
    }),
  )
})

test('what is kept is a copy: later reads of other streams do not change it', async () => {
  let connections = 0
  const address = await listen((socket) => socket.write(Buffer.alloc(3000, ++connections)))
  const streams: TcpStream[] = []
  for (let index = 0; index < 8; index++) streams.push(await open(address))
  const firsts = await Promise.all(streams.map((stream) => stream.receive(1)))
  const rests = await Promise.all(streams.map((stream) => stream.receive(2999)))
  for (const [index, rest] of rests.entries()) expect(new Set([...(firsts[index] ?? []), ...rest])).toEqual(new Set([index + 1]))
})

test('what nobody asked for is kept, and the peer is held back beyond 1 MiB', async () => {
  let accepted = 0
  const chunk = Buffer.alloc(64 * 1024)
  const total = 64 * 1024 * 1024
  const address = await listen((socket) => {
    const more = (): void => {
      if (accepted < total) {
        accepted += chunk.length
        chunk.fill(accepted / chunk.length)
        socket.write(Buffer.from(chunk), more)
      }
    }
    more()
  })
  const stream = await open(address)
  let before = -1
  await until(() => {
    const still = accepted === before && accepted > 0
    before = accepted
    return still
  })
  expect(accepted).toBeLessThan(total)
  const received = await stream.receive(total)
  expect(received.length).toBe(total)
  for (let block = 0; block < total / chunk.length; block++) expect(received[block * chunk.length]).toBe((block + 1) & 0xff)
})

test('a sink counts each byte once, those that came before it too', async () => {
  const bytes = 30_000_001
  const address = await listen((socket) => socket.end(Buffer.alloc(bytes)))
  const startedAtMs = now()
  const stream = await open(address)
  await sleep(20)
  const sink = stream.sink({ intervalMs: 10 })
  await sink.ended
  expect(sink.bytes).toBe(bytes)
  sink.stop()
  expectSeries(sink, startedAtMs, now())
})

test('a starved sink shows intervals without bytes', async () => {
  const address = await listen(() => {})
  const stream = await open(address)
  const startedAtMs = now()
  const sink = stream.sink({ intervalMs: 10 })
  await until(() => sink.intervals().length >= 4)
  expect(sink.intervals().at(-1)?.[1]).toBeGreaterThan(now() - 1000)
  sink.stop()
  expectSeries(sink, startedAtMs, now())
  expect(sink.bytes).toBe(0)
  const stopped = sink.intervals()
  await sleep(30)
  expect(sink.intervals()).toEqual(stopped)
})

test('after its stop a sink counts nothing, drops what comes, and messages can follow', async () => {
  let peer: Socket | undefined
  const address = await listen((socket) => {
    peer = socket
    socket.write(Buffer.alloc(1000))
  })
  const stream = await open(address)
  const sink = stream.sink()
  await until(() => sink.bytes === 1000)
  sink.stop()
  sink.stop()
  await sink.ended
  const drained = once(peer as Socket, 'drain')
  ;(peer as Socket).write(Buffer.alloc(8_000_000))
  await drained
  await sleep(50)
  const message = stream.receive(2)
  peer?.write('ok')
  expect(Buffer.from(await message).toString()).toMatch(/ok$/)
  expect(sink.bytes).toBe(1000)
})

test.each([
  ['nothing', 0],
  ['one byte', 1],
  ['less than a block', 70_000],
  ['many blocks and a rest', 5_000_003],
])('a source that is limited to %s sends exactly that', async (_, limitBytes) => {
  let received = 0
  const address = await listen((socket) => socket.on('data', (bytes) => (received += bytes.length)))
  const stream = await open(address)
  const startedAtMs = now()
  const source = stream.source({ limitBytes, blockBytes: 64 * 1024, intervalMs: 10 })
  await source.ended
  expect(source.bytes).toBe(limitBytes)
  await until(() => received >= limitBytes)
  expect(received).toBe(limitBytes)
  expectSeries(source, startedAtMs, now())
})

test('a source lets timers and other streams live while the peer takes all', async () => {
  let received = 0
  const address = await listen((socket) => socket.on('data', (bytes) => (received += bytes.length)))
  const stream = await open(address)
  const startedAtMs = now()
  const source = stream.source({ intervalMs: 20 })
  await until(() => source.intervals().length >= 5 && received > 1e6)
  source.stop()
  expectSeries(source, startedAtMs, now())
  const { bytes } = source
  await sleep(30)
  expect(source.bytes).toBe(bytes)
})

test('what a source sends cannot be compressed', async () => {
  const { deflateRawSync } = await import('node:zlib')
  const chunks: Buffer[] = []
  const address = await listen((socket) => socket.on('data', (bytes: Buffer) => chunks.push(bytes)))
  const stream = await open(address)
  await stream.source({ limitBytes: 200_000 }).ended
  await until(() => Buffer.concat(chunks).length === 200_000)
  expect(deflateRawSync(Buffer.concat(chunks)).length).toBeGreaterThan(199_000)
})

test('a paced source keeps its pace', async () => {
  const address = await listen((socket) => socket.resume())
  const stream = await open(address)
  const startedAtMs = now()
  const source = stream.source({ bitsPerSecond: 16e6 })
  await until(() => source.bytes >= 1e6)
  const rate = (source.bytes * 8000) / (now() - startedAtMs)
  expect(rate).toBeLessThan(16e6 * 1.05)
  expect(rate).toBeGreaterThan(16e6 * 0.7)
})

test('a peer that takes nothing stops the count: what the socket has not accepted is not counted', async () => {
  const address = await listen((socket) => socket.pause())
  const stream = await open(address)
  const source = stream.source({ intervalMs: 10 })
  let before = -1
  await until(() => {
    const intervals = source.intervals().slice(-6)
    const still = source.bytes === before && intervals.length === 6 && intervals.every(([, , bytes]) => bytes === 0)
    before = source.bytes
    return still
  })
  expect(source.bytes).toBeLessThan(64e6)
})

test('errors: refused, no address, no answer in time, aborted before and after', async () => {
  const signal = AbortSignal.timeout(10_000)
  const address = await listen((socket) => socket.resume())
  await expect(openTcpStream('127.0.0.1:1', { signal, now })).rejects.toEqual(code('TARGET_UNREACHABLE'))
  for (const bad of ['127.0.0.1', ':80', 'host:0', 'host:99999', 'host:x']) {
    await expect(openTcpStream(bad, { signal, now })).rejects.toEqual(code('TARGET_UNREACHABLE'))
  }
  const reason = new MeasurementError('DEADLINE', 'The time is over.', { hint: 'Allow more.' })
  await expect(openTcpStream(address, { signal: AbortSignal.abort(reason), now })).rejects.toBe(reason)
  const abort = new AbortController()
  const stream = await open(address, abort.signal)
  const waits = [stream.receive(1), stream.sink().ended, stream.source().ended]
  abort.abort(reason)
  for (const wait of waits) await expect(wait).rejects.toBe(reason)
  await expect(stream.send(Buffer.from('x'))).rejects.toBe(reason)
})

test('a peer that closes: transfers end, readers are told, and what came before is still there', async () => {
  const address = await listen((socket) => socket.end('abc'))
  const stream = await open(address)
  await expect(stream.receive(5)).rejects.toEqual(code('CONNECTION_CLOSED'))
  expect(Buffer.from(await stream.receive(3)).toString()).toBe('abc')
  await expect(stream.sink().ended).rejects.toEqual(code('CONNECTION_CLOSED'))
  const other = await open(await listen((socket) => socket.end()))
  const sink = other.sink()
  await sink.ended
  expect(sink.bytes).toBe(0)
})

test('a peer that resets: transfers fail', async () => {
  const address = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const stream = await open(address)
  const source = stream.source()
  await expect(source.ended).rejects.toEqual(code('CONNECTION_CLOSED'))
})

test('closing is idempotent and ends every wait', async () => {
  const stream = await open(await listen(() => {}))
  const waits = [stream.receive(1), stream.sink().ended]
  stream.close()
  stream.close()
  for (const wait of waits) await expect(wait).rejects.toEqual(code('CONNECTION_CLOSED'))
})
