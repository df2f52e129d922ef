import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Capabilities, ProgramOutput } from '../../../src/model/capabilities.ts'
import type { RoundDirection } from '../../../src/model/journal-record.ts'
import type { Measurement } from '../../../src/model/probe.ts'
import type { Target } from '../../../src/model/target.ts'
import { iperf3 } from '../../../src/probes/iperf3/iperf3.ts'
import { type Iperf3Params, iperf3Probe } from '../../../src/probes/iperf3/measure.ts'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import { localCapabilities } from './local-capabilities.ts'
import { realServer } from './real-server.ts'

const PACE = 40e6
let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, token: 'a-token-of-the-test', processes: 1 })
})
afterAll(() => started.dispose())

async function measure(
  target: Target,
  direction: RoundDirection,
  options: Parameters<typeof iperf3>[0],
  more: Partial<Capabilities> = {},
): Promise<readonly Measurement[]> {
  const params = iperf3(options).params as unknown as Iperf3Params
  const context = { params, direction, target, capabilities: { ...localCapabilities(AbortSignal.timeout(20_000)), ...more } }
  const measurements = await iperf3Probe.run(context, await iperf3Probe.prepare?.(context))
  for (const { bytes = 0, startedAtMs, endedAtMs, intervals } of measurements) {
    expect(bytes).toBeGreaterThan(0)
    expect(endedAtMs).toBeGreaterThan(startedAtMs)
    if (intervals === undefined) continue
    expect(intervals.reduce((sum, interval) => sum + interval[2], 0)).toBeLessThanOrEqual(bytes)
    expect(intervals[0]?.[0]).toBeGreaterThanOrEqual(startedAtMs)
    expect(intervals.at(-1)?.[1]).toBeLessThanOrEqual(endedAtMs)
    for (const [index, [startMs, endMs]] of intervals.entries()) {
      expect(endMs).toBeGreaterThanOrEqual(startMs)
      if (index > 0) expect(startMs).toBeGreaterThanOrEqual(intervals[index - 1]?.[1] ?? 0)
    }
  }
  return measurements
}

const rate = ({ bytes = 0, startedAtMs, endedAtMs }: Measurement): number => (bytes * 8000) / (endedAtMs - startedAtMs)

test.each<[RoundDirection, readonly string[]]>([
  ['download', ['download']],
  ['upload', ['upload']],
  ['both', ['download', 'upload']],
])('%s against the own target: the receiver counts, with a series, the warm-up kept in', async (direction, directions) => {
  const options = { seconds: 0.5, omitSeconds: 0.5, parallel: 2, bitsPerSecond: PACE }
  const measurements = await measure(started.target, direction, options)
  expect(measurements.map((one) => one.direction)).toEqual(directions)
  for (const measurement of measurements) {
    expect(measurement.countedBy).toBeUndefined()
    expect(measurement.intervals?.length).toBeGreaterThanOrEqual(4)
    expect(measurement.endedAtMs - measurement.startedAtMs).toBeGreaterThan(900)
    expect(rate(measurement) / (2 * PACE)).toBeGreaterThan(0.8)
    expect(rate(measurement) / (2 * PACE)).toBeLessThan(1.2)
  }
})

test('download from a real server: our count and series, its retransmits', async () => {
  await using server = await realServer()
  const [download] = await measure({ iperf3: server.address, http: '' }, 'download', { seconds: 1, bitsPerSecond: PACE, blockBytes: 8192 })
  expect(download?.intervals?.length).toBeGreaterThanOrEqual(5)
  expect(download?.values?.['retransmits']).toBeGreaterThanOrEqual(0)
})

test('upload to a real server: its count; it tells no series, so there is none', async () => {
  await using server = await realServer()
  const [upload] = await measure({ iperf3: server.address, http: '' }, 'upload', { seconds: 1, bitsPerSecond: PACE, blockBytes: 8192 })
  expect(upload?.intervals).toBeUndefined()
  expect(upload?.bytes).toBe((await server.report()).report.end.sum_received.bytes)
})

const runProgram = (program: string, args: readonly string[]): Promise<ProgramOutput> =>
  new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1 << 26 }, (error, stdout) =>
      resolve({ stdout, exitCode: error === null ? 0 : Number(error.code) }),
    )
  })

test.each<[RoundDirection, number]>([
  ['download', 1],
  ['upload', 1],
  ['both', 2],
])('the program iperf3 as engine: %s', async (direction, count) => {
  await using server = await realServer()
  const options = { seconds: 1, engine: 'binary', bitsPerSecond: PACE, blockBytes: 8192 } as const
  const measurements = await measure({ iperf3: server.address, http: '' }, direction, options, { runProgram })
  expect(measurements).toHaveLength(count)
  for (const measurement of measurements) expect(rate(measurement) / PACE).toBeCloseTo(1, 0)
})

test('the program iperf3 where there is none, and where it fails', async () => {
  const target = { iperf3: '127.0.0.1:1', http: '' }
  await expect(measure(target, 'download', { engine: 'binary' })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  await expect(measure(target, 'download', { engine: 'binary' }, { runProgram })).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    message: expect.stringMatching(/Connection refused/),
  })
})
