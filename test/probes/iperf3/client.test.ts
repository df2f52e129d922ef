import { expect, test } from 'vitest'
import { type Iperf3Result, prepareTest } from '../../../src/probes/iperf3/client.ts'
import { iperf3Report } from '../../../src/probes/iperf3/report.ts'
import type { Iperf3Request } from '../../../src/probes/iperf3/request.ts'
import { startTarget } from '../../../src/server/target.ts'
import { localCapabilities } from './local-capabilities.ts'
import { realServer, type ServerReport } from './real-server.ts'

type Wanted = Omit<Iperf3Request, 'address'>

async function runAgainst(address: string, wanted: Wanted): Promise<Iperf3Result> {
  const prepared = await prepareTest({ address, ...wanted }, localCapabilities(AbortSignal.timeout(20_000)))
  const result = await prepared.start()
  for (const { bytes, intervals } of result.streams) {
    expect(intervals.reduce((sum, interval) => sum + interval[2], 0)).toBe(bytes)
    expect(intervals[0]?.[0]).toBeGreaterThanOrEqual(result.startedAtMs)
    expect(intervals.at(-1)?.[1]).toBeLessThanOrEqual(result.endedAtMs)
    for (const [index, [startMs]] of intervals.entries()) if (index > 0) expect(startMs).toBe(intervals[index - 1]?.[1])
  }
  return result
}

/** One test of a real server, which must be content with it. */
async function run(wanted: Wanted): Promise<{ result: Iperf3Result; server: ServerReport }> {
  await using server = await realServer()
  const result = await runAgainst(server.address, wanted)
  const { exitCode, report } = await server.report()
  expect(report.error).toBeUndefined()
  expect(exitCode).toBe(0)
  expect(report.start.cookie).toBe(result.cookie)
  return { result, server: report }
}

const bytesOf = ({ streams }: Iperf3Result, direction: string): number =>
  streams.filter((stream) => stream.direction === direction).reduce((sum, { bytes, omittedBytes }) => sum + bytes - omittedBytes, 0)

/** What is still on its way when a busy machine ends a test is in one count only: one of eight runs has to agree. */
async function agreeing(wanted: Wanted, check: (result: Iperf3Result, server: ServerReport) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { result, server } = await run(wanted)
    try {
      return check(result, server)
    } catch (error) {
      if (attempt === 8) throw error
    }
  }
}

const near = (a: number, b: number, share: number): void => expect(Math.abs(a - b) / b).toBeLessThan(share)

const PACE = 40e6

test.each<[string, Wanted]>([
  ['download', { direction: 'download', limit: { seconds: 1 }, bitsPerSecond: PACE, blockBytes: 16_384 }],
  ['download, parallel', { direction: 'download', limit: { seconds: 1 }, parallel: 4, bitsPerSecond: PACE / 4, blockBytes: 4096 }],
  ['download, omit', { direction: 'download', limit: { seconds: 1 }, omitSeconds: 1, bitsPerSecond: PACE, blockBytes: 16_384 }],
])('%s, paced by the server: our count is that of the server', (_, wanted) =>
  agreeing(wanted, (result) => {
    const { end } = iperf3Report(result)
    near(bytesOf(result, 'download'), (PACE / 8) * 1, 0.05)
    near(end.sum_received?.bytes ?? 0, end.sum_sent?.bytes ?? 0, 0.01)
  }),
)

test.each<[string, Wanted]>([
  ['upload', { direction: 'upload', limit: { seconds: 1 }, bitsPerSecond: PACE, blockBytes: 4096 }],
  ['upload, parallel', { direction: 'upload', limit: { seconds: 1 }, parallel: 3, bitsPerSecond: PACE / 3, blockBytes: 4096 }],
  ['upload, omit', { direction: 'upload', limit: { seconds: 1 }, omitSeconds: 1, bitsPerSecond: PACE, blockBytes: 4096 }],
])('%s, paced by us: the server counts what we sent', (_, wanted) =>
  agreeing(wanted, (result, server) => {
    near(bytesOf(result, 'upload'), PACE / 8, 0.05)
    near(server.end.sum_received.bytes, bytesOf(result, 'upload'), 0.01)
    expect(iperf3Report(result).end.sum_received?.bytes).toBe(server.end.sum_received.bytes)
  }),
)

test('bidirectional, paced: each half goes one way', () =>
  agreeing({ direction: 'both', limit: { seconds: 1 }, parallel: 2, bitsPerSecond: PACE / 4, blockBytes: 4096 }, (result, server) => {
    expect(result.streams.map(({ id, direction }) => [id, direction])).toEqual([
      [1, 'upload'],
      [3, 'upload'],
      [4, 'download'],
      [5, 'download'],
    ])
    const { end } = iperf3Report(result)
    near(end.sum_received?.bytes ?? 0, end.sum_sent?.bytes ?? 0, 0.01)
    near(end.sum_received_bidir_reverse?.bytes ?? 0, end.sum_sent_bidir_reverse?.bytes ?? 0, 0.02)
    near(server.end.sum_sent_bidir_reverse.bytes, PACE / 16, 0.1)
  }))

test.each<[string, Wanted, number]>([
  ['bytes', { direction: 'upload', limit: { bytes: 3_000_001 } }, 3_000_001],
  ['bytes, parallel', { direction: 'upload', limit: { bytes: 3_000_001 }, parallel: 3 }, 3_000_001],
  ['blocks', { direction: 'upload', limit: { blocks: 100 }, blockBytes: 10_000 }, 1_000_000],
])('upload limited by %s: sent exactly', async (_, wanted, bytes) => {
  const { result } = await run(wanted)
  expect(bytesOf(result, 'upload')).toBe(bytes)
})

test.each<[string, Wanted, number]>([
  ['bytes', { direction: 'download', limit: { bytes: 5_000_000 }, bitsPerSecond: 80e6 }, 5_000_000],
  ['blocks, parallel', { direction: 'download', limit: { blocks: 100 }, parallel: 3, blockBytes: 10_000, bitsPerSecond: 20e6 }, 1_000_000],
  ['bytes after an omitted part', { direction: 'download', limit: { bytes: 2_000_000 }, omitSeconds: 1, bitsPerSecond: 80e6 }, 2_000_000],
])('download limited by %s: ends with the block that reaches the limit', async (_, wanted, bytes) => {
  const { result } = await run(wanted)
  expect(bytesOf(result, 'download')).toBeGreaterThanOrEqual(bytes)
  expect(bytesOf(result, 'download')).toBeLessThan(bytes * 1.3 + 3 * 131_072)
})

test('title, extra data, server output and options that Node cannot apply', async () => {
  const { result, server } = await run({
    direction: 'upload',
    limit: { seconds: 1 },
    bitsPerSecond: PACE,
    title: 'a title',
    extraData: 'more',
    serverOutput: true,
    window: 200_000,
    mss: 1000,
    noDelay: true,
    zeroCopy: true,
    congestion: 'cubic',
    tos: 16,
  })
  expect(server.title).toBe('a title')
  expect(server.start.test_start['tos']).toBe(16)
  expect(result.notApplied).toEqual(['window', 'mss', 'noDelay', 'zeroCopy', 'congestion', 'tos'])
  const report = iperf3Report(result)
  expect(report.title).toBe('a title')
  expect(report.extra_data).toBe('more')
  expect(report.server_output_json).toHaveProperty('start')
})

test('the report has the shape of iperf3 -J', async () => {
  const { result } = await run({ direction: 'download', limit: { seconds: 1 }, omitSeconds: 1, bitsPerSecond: PACE, blockBytes: 8192 })
  const { start, intervals, end } = iperf3Report(result)
  expect(start['test_start']).toMatchObject({ protocol: 'TCP', num_streams: 1, blksize: 8192, omit: 1, duration: 1, reverse: 1 })
  expect(intervals.some(({ sum }) => sum?.omitted)).toBe(true)
  expect(intervals.filter(({ sum }) => sum?.omitted === false).length).toBeGreaterThanOrEqual(5)
  for (const { sum, streams } of intervals) expect(sum?.bytes).toBe(streams[0]?.bytes)
  expect(end.sum_received?.seconds).toBeCloseTo(1, 1)
  expect(end.sum_sent?.retransmits).toBeGreaterThanOrEqual(0)
  expect(end.cpu_utilization_percent['remote_total']).toBeGreaterThanOrEqual(0)
})

test('all modes against the own target, with a token', async () => {
  const started = await startTarget({ port: 0, httpPort: 0, token: 'a-token-of-the-test', processes: 1 })
  try {
    const { iperf3: address, token = '' } = started.target
    const modes: readonly Wanted[] = [
      { direction: 'download', limit: { seconds: 0.5 }, parallel: 2, bitsPerSecond: PACE },
      { direction: 'upload', limit: { seconds: 0.5 }, parallel: 2, bitsPerSecond: PACE },
      { direction: 'both', limit: { seconds: 0.5 }, bitsPerSecond: PACE },
      { direction: 'upload', limit: { bytes: 3_000_001 }, parallel: 2 },
      { direction: 'download', limit: { blocks: 10 } },
    ]
    const results = await Promise.all(modes.map((wanted) => runAgainst(address, { ...wanted, token })))
    const [, , , exact] = results
    expect(exact?.serverResults.streams.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(3_000_001)
    for (const { serverResults } of results) expect(serverResults.netfair_intervals?.length).toBeGreaterThan(0)
  } finally {
    await started.dispose()
  }
})
