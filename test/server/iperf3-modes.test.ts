import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { State } from '../../src/probes/iperf3/wire.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { eventually } from './eventually.ts'
import { type RealReport, realClient, type Sum } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 2 })
})
afterAll(() => started.dispose())

const run = async (...args: string[]): Promise<RealReport> => {
  const { code, report } = await realClient(started.target.iperf3, ...args)
  expect(report.error).toBeUndefined()
  expect(code).toBe(0)
  return report
}

/** One side's count is the server's, the other the client's. */
function expectAgreement(sent: Sum, received: Sum): void {
  expect(received.bytes).toBeGreaterThan(0)
  expect(Math.abs(sent.bytes - received.bytes) / received.bytes).toBeLessThan(0.01)
}

/** What is still on its way when a busy machine ends a test is in one count only: one of eight runs has to agree. */
async function agreeing(args: readonly string[], check: (report: RealReport) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const report = await run(...args)
    try {
      return check(report)
    } catch (error) {
      if (attempt === 8) throw error
    }
  }
}

describe('a real client', () => {
  test.each([
    ['upload', ['-t', '1', '-b', '80M', '-l', '8K']],
    ['download', ['-t', '1', '-b', '80M', '-R']],
    ['parallel upload', ['-t', '1', '-b', '20M', '-l', '4K', '-P', '4']],
    ['parallel download', ['-t', '1', '-b', '20M', '-R', '-P', '4']],
    ['omit, upload', ['-t', '1', '-O', '1', '-b', '80M', '-l', '4K']],
    ['bytes, upload', ['-n', '30M']],
    ['bytes, paced download', ['-n', '5M', '-b', '80M', '-R']],
    ['blocks, upload', ['-k', '500']],
    ['blocks, paced download', ['-k', '50', '-b', '80M', '-R']],
    ['block length', ['-n', '3M', '-l', '1000']],
    ['large blocks', ['-n', '30M', '-l', '1M']],
  ])('%s', (_, args) => agreeing(args, ({ end }) => expectAgreement(end.sum_sent, end.sum_received)))

  test('omit, download: what was dropped at the start is in neither total', async () => {
    await agreeing(['-t', '1', '-O', '1', '-b', '80M', '-R'], ({ end }) => {
      expect(end.sum_received.bits_per_second / 80e6).toBeCloseTo(1, 1)
      expect(end.sum_sent.bytes / 10e6).toBeCloseTo(1, 1)
    })
  })

  test('bidirectional, with parallel streams', async () => {
    await agreeing(['-t', '1', '--bidir', '-b', '20M', '-l', '4K', '-P', '2'], ({ end }) => {
      expectAgreement(end.sum_sent, end.sum_received)
      expectAgreement(end.sum_sent_bidir_reverse, end.sum_received_bidir_reverse)
    })
  })

  test('bytes in both directions', async () => {
    await agreeing(['-n', '4M', '--bidir', '-b', '40M', '-l', '8K'], ({ end }) => expectAgreement(end.sum_sent, end.sum_received))
  })

  test.each([[[]], [['-R']], [['--bidir']], [['-P', '3', '-R']]])('unpaced %j', async (args) => {
    const { end } = await run('-t', '1', ...args)
    expect(end.sum_received.bytes).toBeGreaterThan(0)
    expect(end.cpu_utilization_percent.remote_total).toBeGreaterThan(0)
  })

  test('paced by the server', async () => {
    await agreeing(['-t', '2', '-b', '40M', '-R'], ({ end }) => expect(end.sum_received.bits_per_second / 40e6).toBeCloseTo(1, 1))
  })

  test('every stream has its own figures', async () => {
    const { end } = await run('-n', '8M', '-P', '4', '-b', '200M', '-l', '16K')
    expect(end.streams).toHaveLength(4)
    for (const { sender, receiver } of end.streams) expect(receiver.bytes).toBe(sender.bytes)
  })

  test('server output, title and what was not applied', async () => {
    const options = ['-w', '64K', '-M', '1400', '-N', '-Z', '-C', 'cubic', '-S', '8']
    const report = await run('-n', '1M', '-T', 'my title', '--get-server-output', ...options)
    expect(report.server_output_text).toContain('Title: my title')
    expect(report.server_output_text).toMatch(/\[ {2}1\] +0\.00-\d+\.\d\d +sec +1\.00 MBytes/)
    // A 3.12 client keeps -Z to itself: it concerns only the sender's own writes.
    for (const option of ['-w', '-M', '-N', '-C', '-S']) expect(report.server_output_text).toMatch(new RegExp(`Not applied.* ${option}\\b`))
  })

  test('UDP is refused', async () => {
    const { report } = await realClient(started.target.iperf3, '-u', '-t', '1')
    expect(report.error).toContain('protocol does not exist')
  })
})

test('a netfair client gets the interval series on the clock of the target', async () => {
  using client = new ScriptedClient(started.target.iperf3)
  const before = Date.now()
  await client.begin({ parallel: 2, netfair_interval_ms: 50, congestion: 'cubic' }, 2)
  const sent = [3_000_000, 2_000_000]
  await Promise.all(sent.map((bytes, i) => new Promise((resolve) => client.streams[i]?.write(Buffer.alloc(bytes), resolve))))
  await new Promise((resolve) => setTimeout(resolve, 250))
  const results = await client.finish(sent)
  expect(results.streams.map(({ id, bytes }) => [id, bytes])).toEqual([
    [1, sent[0]],
    [3, sent[1]],
  ])
  expect(results.netfair_not_applied).toEqual(['-C'])
  const intervals = results.netfair_intervals ?? []
  expect(intervals.length).toBeGreaterThanOrEqual(4)
  expect(intervals.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(5_000_000)
  for (const [i, [start, end]] of intervals.entries()) {
    expect(end).toBeGreaterThan(start)
    if (i > 0) expect(start).toBe(intervals[i - 1]?.[1])
  }
  expect(intervals[0]?.[0]).toBeGreaterThan(before - 10)
  expect(intervals.at(-1)?.[1]).toBeLessThan(Date.now() + 10)
  const [first, last] = [intervals[0]?.[0] ?? 0, intervals.at(-1)?.[1] ?? 0]
  expect(last - first).toBeCloseTo((results.streams[0]?.end_time ?? 0) * 1000, -1)
})

test('a held test runs when the client says so', async () => {
  using client = new ScriptedClient(started.target.iperf3)
  await client.propose({ netfair_hold: true, netfair_interval_ms: 10, reverse: true, bidirectional: true })
  await client.expect(State.createStreams)
  const [upload, download] = [await client.openStream(), await client.openStream()]
  await client.expect(State.testStart)
  let received = 0
  download.on('data', (chunk) => {
    received += chunk.length
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(received).toBe(0)
  const releasedAt = performance.timeOrigin + performance.now()
  client.control.write(Uint8Array.of(State.testRunning))
  await client.expect(State.testRunning)
  await new Promise((resolve) => upload.write(Buffer.alloc(100_000), resolve))
  await eventually(() => expect(received).toBeGreaterThan(0), 2000)
  const results = await client.finish([100_000, 0])
  expect(results.netfair_intervals?.[0]?.[0]).toBeGreaterThan(releasedAt - 20)
})
