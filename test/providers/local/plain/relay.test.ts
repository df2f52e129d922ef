import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { Pump } from '../../../../src/providers/local/plain/pump.ts'
import { LOOPBACK, Relay } from '../../../../src/providers/local/plain/relay.ts'
import { type Policy, Shaper } from '../../../../src/providers/local/plain/shaper.ts'

const quick: Policy = { sharing: 'fifo', uplinkBitsPerSecond: 400e6 }
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A target, and one relay to it for each function; all gone when the test ends. */
async function uplink(serve: (socket: Socket) => void, policy = quick, functions = 1) {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {})
  }
  const target = createServer({ allowHalfOpen: true }, (socket) => serve(keep(socket))).listen(0, LOOPBACK)
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const newPump = () => new Pump(new Shaper(policy, performance.now()))
  const [download, upload] = [newPump(), newPump()]
  const open = () => Relay.listen(port, { download: download.join(), upload: upload.join() })
  const relays = await Promise.all(Array.from({ length: functions }, open))
  const ports = relays.map((relay) => relay.port)
  onTestFinished(() => {
    for (const relay of relays) relay.close()
    for (const socket of sockets) socket.destroy()
    target.close()
  })
  const client = (index = 0): Socket => keep(connect({ host: LOOPBACK, port: ports[index] ?? 0, allowHalfOpen: true }))
  return { client, target, relays }
}

const echo = (socket: Socket): void => void socket.pipe(socket)

const block = randomBytes(2 ** 16)
const flood = (socket: Socket): void => void socket.write(block, (error) => error || flood(socket))

/** Sends all, then waits for all that comes back. */
async function exchange(socket: Socket, bytes: Uint8Array): Promise<Uint8Array> {
  socket.end(bytes)
  return buffer(socket)
}

/** How a socket ended: the code of its error, or `closed`. */
async function endOf(socket: Socket): Promise<string> {
  const error = once(socket, 'error').then(([{ code }]) => String(code))
  return Promise.race([error, once(socket, 'close').then(() => 'closed')])
}

test.each(['fifo', 'fair', 'capped'] as const)('%s: bytes arrive intact both ways, on many connections at once', async (sharing) => {
  const policy: Policy = { ...quick, sharing, ...(sharing === 'capped' && { capBitsPerSecond: 200e6 }) }
  const { client } = await uplink(echo, policy, 2)
  const lengths = Array.from({ length: 30 }, (_, index) => 1 + index * 7919)
  await Promise.all(
    lengths.map(async (length, index) => {
      const sent = randomBytes(length)
      expect(digest(await exchange(client(index % 2), sent))).toBe(digest(sent))
    }),
  )
})

test('a half-close goes on, and the other half still works', async () => {
  const { client } = await uplink((socket) => {
    void buffer(socket).then((all) => socket.end(`got ${all.length} bytes, all of them`))
  })
  const answer = await exchange(client(), randomBytes(300_000))
  expect(Buffer.from(answer).toString()).toBe('got 300000 bytes, all of them')
})

test('the target may be the first to close', async () => {
  const { client } = await uplink((socket) => {
    socket.end('farewell')
    socket.resume()
  })
  const socket = client()
  expect(Buffer.from(await buffer(socket)).toString()).toBe('farewell')
  socket.end()
  await once(socket, 'close')
})

test('a reset of the target reaches the client', async () => {
  const { client } = await uplink((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const socket = client()
  socket.write('x')
  expect(await endOf(socket)).toBe('ECONNRESET')
})

test('a reset of the client reaches the target', async () => {
  const ended = Promise.withResolvers<string>()
  const { client } = await uplink((socket) => {
    socket.write('ready')
    void endOf(socket.resume()).then(ended.resolve)
  })
  const socket = client()
  await once(socket, 'data')
  socket.resetAndDestroy()
  expect(await ended.promise).toBe('ECONNRESET')
})

test('a client that leaves in the middle of a download frees the uplink', async () => {
  const ended = Promise.withResolvers<string>()
  const { client } = await uplink((socket) => {
    void endOf(socket).then(ended.resolve)
    flood(socket)
  })
  const socket = client()
  await once(socket, 'data')
  socket.destroy()
  await once(socket, 'close')
  expect(['ECONNRESET', 'EPIPE']).toContain(await ended.promise)
})

test('a slow reader is waited for in bounded memory, and does not hold up the others', async () => {
  const total = 96 * 2 ** 20
  const bytes = randomBytes(2 ** 20)
  let written = 0
  const { client } = await uplink((socket) => {
    const more = (): void => {
      if (written >= total) return void socket.end()
      written += bytes.length
      socket.write(bytes, more)
    }
    socket.once('data', (kind) => (kind.toString() === 'bulk' ? more() : socket.end('pong')))
  })
  const slow = client()
  slow.write('bulk')
  await once(slow, 'readable') // and nothing is read
  let before: number
  do {
    before = written
    expect(Buffer.from(await exchange(client(), Buffer.from('ping'))).toString()).toBe('pong')
    await new Promise((resolve) => setTimeout(resolve, 100))
  } while (written > before)
  expect(written).toBeLessThan(total / 2)
  expect((await buffer(slow)).length).toBe(total)
})

test('where the target is gone, connections are reset, and the relay lives on', async () => {
  const { client, target } = await uplink(echo)
  target.close()
  await once(target, 'close')
  const ends = await Promise.all([client(), client()].map(endOf))
  for (const end of ends) expect(end).toBe('ECONNRESET')
})

test('a closed relay has no connections, and no port', async () => {
  const { client, relays } = await uplink(echo)
  const socket = client()
  socket.write('x')
  await once(socket, 'data')
  relays[0]?.close()
  socket.end()
  await once(socket.resume(), 'close')
  expect(await endOf(client())).toBe('ECONNREFUSED')
})

test('one direction does not slow the other', async () => {
  const { client } = await uplink(echo, { sharing: 'fifo', uplinkBitsPerSecond: 80e6 })
  const startedAt = performance.now()
  const length = 4_000_000
  expect((await exchange(client(), randomBytes(length))).length).toBe(length)
  const atLeast = ((length * 8) / ((80e6 * 1448) / 1514)) * 1000 - 50 // a full bucket of 50 ms at the start
  const took = performance.now() - startedAt
  expect(took).toBeGreaterThan(atLeast * 0.99)
  expect(took).toBeLessThan(10 * atLeast)
})

test('fifo: shares by connections; fair: by functions', async () => {
  const shareOf = async (sharing: 'fifo' | 'fair'): Promise<number> => {
    const received = [0, 0]
    const { client } = await uplink(flood, { sharing, uplinkBitsPerSecond: 80e6 }, 2)
    const enough = Promise.withResolvers<void>()
    const count = (index: 0 | 1) => (chunk: Uint8Array) => {
      received[index] = (received[index] ?? 0) + chunk.length
      if ((received[0] ?? 0) + (received[1] ?? 0) > 6e6) enough.resolve()
    }
    for (const index of [0, 0, 0, 0, 0, 0, 0, 0, 1] as const) client(index).on('data', count(index))
    await enough.promise
    return (received[0] ?? 0) / (received[1] ?? 1)
  }
  const fifo = await shareOf('fifo')
  expect(fifo).toBeGreaterThan(6)
  expect(fifo).toBeLessThan(10)
  const fair = await shareOf('fair')
  expect(fair).toBeGreaterThan(0.9)
  expect(fair).toBeLessThan(1.1)
})
