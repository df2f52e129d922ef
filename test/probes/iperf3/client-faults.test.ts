import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { NetfairError } from '../../../src/model/errors.ts'
import { prepareTest } from '../../../src/probes/iperf3/client.ts'
import { ControlConnection } from '../../../src/probes/iperf3/control-connection.ts'
import type { Iperf3Request } from '../../../src/probes/iperf3/request.ts'
import { encodeMessage, State } from '../../../src/probes/iperf3/wire.ts'
import { startTarget } from '../../../src/server/target.ts'
import { localCapabilities } from './local-capabilities.ts'
import { freePort, realServer } from './real-server.ts'
import { scriptedServer } from './scripted-server.ts'

const DOWNLOAD: Omit<Iperf3Request, 'address'> = { direction: 'download', limit: { seconds: 30 } }

async function run(address: string, changes: Partial<Iperf3Request> = {}, signal = AbortSignal.timeout(10_000)): Promise<void> {
  const prepared = await prepareTest({ ...DOWNLOAD, ...changes, address }, localCapabilities(signal))
  await prepared.start()
}

const failure = (promise: Promise<void>): Promise<NetfairError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: NetfairError) => error,
  )

const states = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes, (byte) => byte & 0xff)

/** Agrees on any test, then does with the control connection what the test says. */
const agreeing =
  (then: (socket: Socket) => void) =>
  (socket: Socket): void => {
    socket.write(states(State.paramExchange))
    socket.once('data', () => socket.write(states(State.createStreams)))
    setImmediate(() => then(socket))
  }

test('nobody listens', async () => {
  const { code, message, hint } = await failure(run(`127.0.0.1:${await freePort()}`))
  expect(code).toBe('TARGET_UNREACHABLE')
  expect(message).toMatch(/127\.0\.0\.1:\d+: ECONNREFUSED/)
  expect(hint).toMatch(/Check/)
})

test('a real server that is busy', async () => {
  await using server = await realServer()
  const first = await prepareTest({ ...DOWNLOAD, address: server.address }, localCapabilities(AbortSignal.timeout(10_000)))
  try {
    expect(await failure(run(server.address))).toMatchObject({ code: 'TARGET_REFUSED', hint: expect.stringMatching(/busy.*token/) })
  } finally {
    first.close()
  }
})

test('a wrong token, and none', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, token: 'the-right-token', processes: 1 })
  try {
    for (const changes of [{ token: 'another-token' }, {}]) {
      expect(await failure(run(started.target.iperf3, changes))).toMatchObject({ code: 'TARGET_REFUSED' })
    }
  } finally {
    await started.dispose()
  }
})

test('a real server that is killed while bytes move', async () => {
  await using server = await realServer()
  const prepared = await prepareTest({ ...DOWNLOAD, address: server.address }, localCapabilities(AbortSignal.timeout(10_000)))
  const failed = failure(prepared.start().then(() => {}))
  setTimeout(() => server.process.kill('SIGKILL'), 100)
  expect(await failed).toMatchObject({ code: 'TARGET_GONE' })
})

test('a server that ends the test', async () => {
  await using server = await scriptedServer(
    agreeing(() => {}),
    () => server.connections[0]?.write(states(State.testStart, State.testRunning, State.serverTerminate)),
  )
  expect(await failure(run(server.address))).toMatchObject({ code: 'TARGET_GONE', message: expect.stringMatching(/was ended/) })
})

test('a server that reports an error: both numbers, and what the first means', async () => {
  const numbers = new Uint8Array(8)
  new DataView(numbers.buffer).setInt32(0, 134)
  new DataView(numbers.buffer).setInt32(4, 2)
  await using server = await scriptedServer((socket) => {
    socket.write(states(State.serverError))
    socket.write(numbers)
  })
  const { code, message } = await failure(run(server.address))
  expect(code).toBe('SERVER_ERROR')
  expect(message).toMatch(/error 134 \(congestion control cannot be set\), errno 2/)
})

test.each<[string, (socket: Socket) => void, string, RegExp]>([
  ['closes at once', (socket) => socket.end(), 'TARGET_GONE', /closed the connection/],
  ['says nothing', () => {}, 'TARGET_SILENT', /state 9 is due/],
  ['speaks HTTP', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'), 'PROTOCOL_ERROR', /state 72 where 9 is due/],
  ['goes away after the parameters', agreeing((socket) => socket.once('data', () => socket.end())), 'TARGET_GONE', /closed/],
  ['never starts', agreeing(() => {}), 'TARGET_SILENT', /state 1 is due/],
])('a server that %s', async (_, script, code, message) => {
  await using server = await scriptedServer(script)
  const error = await failure(run(server.address, { stepTimeoutMs: 300 }))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
})

test.each<[string, Uint8Array, RegExp]>([
  ['no JSON', Buffer.concat([Buffer.from([0, 0, 0, 5]), Buffer.from('{"a":')]), /no JSON/],
  ['too long', Buffer.from([0x7f, 0xff, 0xff, 0xff]), /2147483647 bytes/],
  ['without streams', encodeMessage({ cpu_util_total: 1 }), /"streams"/],
  ['null', encodeMessage(null), /"streams"/],
  ['with a negative count', encodeMessage({ streams: [{ id: 1, bytes: -1 }] }), /"streams"/],
  ['with a broken series', encodeMessage({ streams: [], netfair_intervals: [[2, 1, 0]] }), /"netfair_intervals"/],
])('results that are %s', async (_, results, message) => {
  await using server = await scriptedServer(
    agreeing((socket) => {
      socket.on('data', (bytes) => {
        if (bytes.length === 1 && bytes[0] === State.testEnd) socket.write(states(State.exchangeResults))
        else if (String(bytes).includes('"streams"')) socket.write(results)
      })
    }),
    () => server.connections[0]?.write(states(State.testStart, State.testRunning)),
  )
  const error = await failure(run(server.address, { limit: { seconds: 0.05 } }))
  expect(error.code).toBe('PROTOCOL_ERROR')
  expect(error.message).toMatch(message)
})

test('a stream that is closed before its bytes came', async () => {
  await using server = await scriptedServer(
    agreeing(() => {}),
    (socket) => {
      server.connections[0]?.write(states(State.testStart, State.testRunning))
      socket.end('only a few')
    },
  )
  expect(await failure(run(server.address, { limit: { bytes: 1e6 } }))).toMatchObject({ code: 'TARGET_GONE' })
})

test('the deadline of the task ends it at any point', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 1 })
  await using silent = await scriptedServer(() => {})
  try {
    const abort = new AbortController()
    const runs = [failure(run(silent.address, {}, abort.signal)), failure(run(started.target.iperf3, {}, abort.signal))]
    setTimeout(() => abort.abort(), 200)
    for (const error of await Promise.all(runs)) expect(['ABORTED', 'ABORT_ERR', 20]).toContain(error.code)
  } finally {
    await started.dispose()
  }
})

test('gives up between agreement and start: the server is free again', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 1, limits: { tests: 1 } })
  try {
    const address = started.target.iperf3
    const first = await prepareTest({ ...DOWNLOAD, address }, localCapabilities(AbortSignal.timeout(10_000)))
    first.close()
    first.close()
    for (let error: unknown = 'unset', deadline = performance.now() + 5000; error !== undefined; ) {
      error = await run(address, { limit: { seconds: 0.05 } }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (performance.now() > deadline) throw error
    }
  } finally {
    await started.dispose()
  }
})

test('giving up closes the control connection', async () => {
  await using server = await scriptedServer(agreeing(() => {}))
  const prepared = await prepareTest({ ...DOWNLOAD, address: server.address }, localCapabilities(AbortSignal.timeout(10_000)))
  const [control] = server.connections
  if (control === undefined) throw new Error('no connection')
  const closed = once(control, 'close')
  control.resume()
  prepared.close()
  await closed
})

test('results as long as the series of an hour are read', async () => {
  const intervals = Array.from({ length: 36_600 }, (_, i) => [1.8e12 + i * 100 + 0.1234, 1.8e12 + (i + 1) * 100 + 0.1234, 123_456_789])
  await using server = await scriptedServer((socket) => socket.write(encodeMessage({ netfair_intervals: intervals })))
  const stream = await localCapabilities(AbortSignal.timeout(10_000)).connect(server.address)
  const control = new ControlConnection(stream, server.address, 5000)
  expect(await control.receiveMessage()).toEqual({ netfair_intervals: intervals })
  control.close()
})
