import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Health } from '../../src/model/target.ts'
import { cookieBytes, encodeMessage, State } from '../../src/probes/iperf3/wire.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { eventually } from './eventually.ts'
import { realClient } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

const waitMs = 300
let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 1, limits: { waitMs, streamWaitMs: 2 * waitMs, tests: 8 } })
})
afterAll(() => started.dispose())

/** Whatever a bad client did: all tests are free again, and a good one is served. */
async function expectHealthy(): Promise<void> {
  const { code, report } = await realClient(started.target.iperf3, '-n', '1M')
  expect(report.error).toBeUndefined()
  expect(code).toBe(0)
}

const openRaw = async (): Promise<Socket> => {
  const [host = '', port = ''] = started.target.iperf3.split(':')
  const socket = connect(Number(port), host).on('error', () => {})
  await once(socket, 'connect')
  return socket.resume()
}

const closed = (socket: Socket): unknown => socket.closed || new Promise<void>((resolve) => socket.once('close', () => resolve()))

describe('is dropped within the deadline, and harms nobody: a client', () => {
  test('that never sends its cookie', async () => {
    const silent = await Promise.all(Array.from({ length: 20 }, openRaw))
    await expectHealthy()
    await Promise.all(silent.map((socket) => closed(socket)))
    await expectHealthy()
  })

  test('that stops within its cookie', async () => {
    const socket = await openRaw()
    socket.write(cookieBytes('a'.repeat(36)).subarray(0, 20))
    await closed(socket)
    await expectHealthy()
  })

  test('with garbage for a cookie', async () => {
    const socket = await openRaw()
    socket.write(Buffer.from('GET /a/page/on/the/wrong/port HTTP/1.1\r\nHost: x\r\n\r\n'))
    await closed(socket)
    await expectHealthy()
  })

  test('whose cookie comes byte by byte', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    client.control.setNoDelay(true)
    for (const byte of cookieBytes(client.cookie)) {
      await new Promise((resolve) => client.control.write(Uint8Array.of(byte), resolve))
      await new Promise(setImmediate)
    }
    await client.expect(State.paramExchange)
  })

  test('without parameters', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.introduce()
    await client.closed()
    await expectHealthy()
  })

  test.each([
    ['oversize', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x7b])],
    ['of length 0', Buffer.alloc(4)],
    ['broken JSON', Buffer.from([0, 0, 0, 2, 0x7b, 0x7b])],
    ['no object', Buffer.from(encodeMessage([1, 2]))],
    ['null', Buffer.from(encodeMessage(null))],
    ['half', Buffer.from(encodeMessage({ tcp: true })).subarray(0, 9)],
  ])('with parameters: %s', async (_, message) => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.introduce()
    client.control.write(message)
    await client.closed()
    await expectHealthy()
  })

  test('without data streams', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.propose({ parallel: 2 })
    await client.expect(State.createStreams)
    await client.openStream()
    await client.closed()
    await expectHealthy()
  })

  test('with more data streams than agreed', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({}, 1)
    const extra = await client.openStream()
    await closed(extra.resume())
    await client.finish([0])
  })

  test('that never ends its test', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({ time: 0.2 })
    await client.closed()
    await expectHealthy()
  })

  test('without results', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({})
    client.control.write(Uint8Array.of(State.testEnd))
    await client.expect(State.exchangeResults)
    await client.closed()
    await expectHealthy()
  })

  test('that promises bytes and never sends them', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({ num: 1e9, time: 0 })
    expect((await client.finish([1e9])).streams[0]?.bytes).toBe(0)
  })

  test('that terminates its test', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({ reverse: true })
    client.control.write(Uint8Array.of(State.clientTerminate))
    await client.closed()
    await expectHealthy()
  })

  test('that reads nothing of a download', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({ reverse: true })
    await expectHealthy()
    const results = await client.finish()
    expect(results.streams[0]?.bytes).toBeGreaterThan(0)
  })

  test('whose data connections break', async () => {
    using client = new ScriptedClient(started.target.iperf3)
    await client.begin({ reverse: true, parallel: 2 }, 2)
    for (const stream of client.streams) stream.resetAndDestroy()
    await expectHealthy()
    expect((await client.finish()).streams).toHaveLength(2)
  })
})

const received = async (): Promise<number> => ((await (await fetch(`${started.target.http}/health`)).json()) as Health).bytesReceived

test('what comes before the agreed start does not count', async () => {
  const before = await received()
  using client = new ScriptedClient(started.target.iperf3)
  await client.propose({ netfair_hold: true, netfair_interval_ms: 50 })
  await client.expect(State.createStreams)
  const stream = await client.openStream()
  await client.expect(State.testStart)
  await new Promise((resolve) => stream.write(Buffer.alloc(1 << 20), resolve))
  await eventually(async () => expect(await received()).toBe(before + (1 << 20)), 3000)
  client.control.write(Uint8Array.of(State.testRunning))
  await client.expect(State.testRunning)
  await new Promise((resolve) => stream.write(Buffer.alloc(1000), resolve))
  await eventually(async () => expect(await received()).toBe(before + (1 << 20) + 1000), 3000)
  const { streams, netfair_intervals } = await client.finish([0])
  expect(streams[0]?.bytes).toBe(1000)
  expect(netfair_intervals?.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(1000)
})

test('nobody of those is left: all tests of the target can be taken', () =>
  eventually(async () => {
    const clients = Array.from({ length: 8 }, () => new ScriptedClient(started.target.iperf3))
    try {
      await Promise.all(clients.map((client) => client.introduce()))
    } finally {
      for (const client of clients) client[Symbol.dispose]()
    }
  }, 1000))
