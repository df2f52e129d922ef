import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RoundDirection } from '../../../src/model/journal-record.ts'
import type { Measurement, ProbeContext } from '../../../src/model/probe.ts'
import type { Target } from '../../../src/model/target.ts'
import { builtInProbes } from '../../../src/probes/built-in.ts'
import { httpDownload } from '../../../src/probes/http-download/http-download.ts'
import { iperf3 } from '../../../src/probes/iperf3/iperf3.ts'
import { type LatencyOptions, latency } from '../../../src/probes/latency/latency.ts'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import { scriptedHttp } from '../../agent/scripted-http.ts'
import { localCapabilities } from '../iperf3/local-capabilities.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, token: 'a-token-of-the-test', processes: 1 })
})
afterAll(() => started.dispose())

async function measure(target: Target, options: LatencyOptions, direction: RoundDirection = 'download'): Promise<readonly Measurement[]> {
  const code = builtInProbes.get('latency')
  if (code === undefined) throw new Error('no probe')
  const context: ProbeContext<unknown> = {
    params: latency(options).params,
    direction,
    target,
    capabilities: localCapabilities(AbortSignal.timeout(20_000)),
  }
  return code.run(context, await code.prepare?.(context))
}

/** A server that answers like netfair's target, as long and as late as it is told. */
async function scripted(answer: (socket: Socket, ping: number) => void): Promise<{ server: Server; target: Target }> {
  const server = createServer((socket) => {
    let pings = 0
    socket
      .on('error', () => {})
      .on('data', (data) => {
        for (const _ of data.toString().matchAll(/\r\n\r\n/g)) answer(socket, pings++)
      })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, target: { iperf3: '127.0.0.1:1', http: `http://127.0.0.1:${address.port}` } }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

describe('alone', () => {
  test('round trips without bytes, one measurement a direction', async () => {
    const measurements = await measure(started.target, { seconds: 0.5, intervalMs: 10, warmUpMs: 100 }, 'both')
    expect(measurements.map(({ direction }) => direction)).toEqual(['download', 'upload'])
    for (const { values = {}, bytes, intervals, startedAtMs, endedAtMs } of measurements) {
      expect([bytes, intervals]).toEqual([undefined, undefined])
      expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(500)
      expect(values).toMatchObject({ pingsLost: 0 })
      expect(values['pings']).toBeGreaterThan(5)
      expect(values['pings']).toBeLessThanOrEqual(41)
      const order = ['rttMinMs', 'rttMs', 'rttP95Ms', 'rttMaxMs'].map((key) => values[key] ?? Number.NaN)
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      expect(order[0]).toBeGreaterThan(0)
      expect(values).not.toHaveProperty('idleRttMs')
    }
  })

  test('measures a delay that is known, also one longer than the interval: pings do not wait for each other', async () => {
    const delayMs = 60
    const { server, target } = await scripted((socket) => void sleep(delayMs).then(() => socket.write(OK)))
    try {
      const [{ values = {} } = {}] = await measure(target, { seconds: 0.6, intervalMs: 10, warmUpMs: 0 })
      expect(values['rttMinMs']).toBeGreaterThan(delayMs - 2)
      expect(values['rttMs']).toBeLessThan(2 * delayMs)
      expect(values['pings']).toBeGreaterThan(600 / delayMs + 5)
    } finally {
      server.close()
    }
  })
})

test('beside a load: its bytes and intervals, round trips, and the idle one before it', async () => {
  const load = iperf3({ seconds: 0.6, bitsPerSecond: 20e6, parallel: 2 })
  const measurements = await measure(started.target, { intervalMs: 10, warmUpMs: 100, load }, 'both')
  expect(measurements.map(({ direction }) => direction)).toEqual(['download', 'upload'])
  for (const { values = {}, bytes, intervals = [] } of measurements) {
    expect(bytes).toBeGreaterThan(100_000)
    expect(intervals.length).toBeGreaterThan(3)
    expect(values['pings']).toBeGreaterThan(5)
    for (const key of ['rttMs', 'rttP95Ms', 'idleRttMs']) expect(values[key]).toBeGreaterThan(0)
  }
})

describe('a load that fails', () => {
  test('before its start', async () => {
    const load = iperf3({ seconds: 1 })
    await expect(measure({ ...started.target, iperf3: '127.0.0.1:1' }, { load })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
  })

  test('in the middle: its error is the sample’s', async () => {
    await using server = await scriptedHttp((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'))
    const load = httpDownload({ url: `${server.origin}/a`, seconds: 1 })
    await expect(measure(started.target, { load })).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: expect.stringContaining('95 bytes early'),
    })
  })
})

describe('a target', () => {
  test('that stops answering: lost pings are counted, and no figure rests on them', async () => {
    const { server, target } = await scripted((socket, ping) => void (ping < 12 && socket.write(OK)))
    try {
      const [{ values = {} } = {}] = await measure(target, { seconds: 0.5, intervalMs: 20, warmUpMs: 0 })
      expect(values['pingsLost']).toBeGreaterThan(0)
      expect((values['pings'] ?? 0) - (values['pingsLost'] ?? 0)).toBe(11)
      expect(values['rttMinMs']).toBeGreaterThan(0)
      expect(values).not.toHaveProperty('rttMaxMs')
      expect(values).not.toHaveProperty('rttP95Ms')
    } finally {
      server.close()
    }
  })

  test('that answers no ping at all', async () => {
    const { server, target } = await scripted((socket, ping) => void (ping === 0 && socket.write(OK)))
    try {
      await expect(measure(target, { seconds: 0.1, warmUpMs: 0 })).rejects.toMatchObject({ code: 'TARGET_SILENT' })
      await expect(measure(target, { load: iperf3({ seconds: 1 }) })).rejects.toMatchObject({ code: 'TARGET_SILENT' })
    } finally {
      server.close()
    }
  })

  test('that closes the connection', async () => {
    const { server, target } = await scripted((socket, ping) => void (ping < 3 ? socket.write(OK) : socket.destroy()))
    try {
      await expect(measure(target, { seconds: 5 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    } finally {
      server.close()
    }
  })

  test.each([
    ['is something else', 'SSH-2.0-OpenSSH\r\n\r\n', 'PROTOCOL_ERROR'],
    ['changes its answer', undefined, 'PROTOCOL_ERROR'],
  ])('that %s', async (_, text, code) => {
    const other = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: more\r\n\r\n'
    const { server, target } = await scripted((socket, ping) => void socket.write(text ?? (ping === 0 ? OK : other)))
    try {
      await expect(measure(target, { seconds: 1 })).rejects.toMatchObject({ code })
    } finally {
      server.close()
    }
  })

  test('that wants another token', async () => {
    await expect(measure({ ...started.target, token: 'wrong' }, {})).rejects.toMatchObject({ code: 'TARGET_REFUSED' })
  })

  test('that is not there, or encrypted', async () => {
    const target = { iperf3: '127.0.0.1:1', http: 'http://127.0.0.1:1' }
    await expect(measure(target, {})).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
    await expect(measure({ ...target, http: 'https://127.0.0.1:1' }, {})).rejects.toMatchObject({ code: 'TLS_UNSUPPORTED' })
  })
})

test('an agent without the load says so', async () => {
  const code = builtInProbes.get('latency')
  const params = { ...latency().params, load: { name: 'iperf3', version: '0.0.1', params: {} } }
  const capabilities = localCapabilities(AbortSignal.timeout(5000))
  const prepared = code?.prepare?.({ params, direction: 'download', target: started.target, capabilities })
  await expect(prepared).rejects.toMatchObject({ code: 'LOAD_UNKNOWN', message: expect.stringContaining('0.0.1') })
})
