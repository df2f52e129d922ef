import type { Capabilities } from '../../model/capabilities.ts'
import type { Interval } from '../../model/journal-record.ts'
import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'
import { measureWithBinary } from './binary.ts'
import { type Iperf3Result, type PreparedTest, prepareTest } from './client.ts'
import { DEFAULT_BLOCK_BYTES } from './request.ts'
import { sumSeries } from './series.ts'

/** Parameters of the probe `iperf3`, checked, defaults filled in. */
export type Iperf3Params = {
  readonly seconds: number
  readonly parallel: number
  readonly omitSeconds?: number
  readonly blockBytes: number
  readonly engine: 'netfair' | 'binary'
  readonly bitsPerSecond?: number
}

/** The probe `iperf3`, as the agent runs it. */
export const iperf3Probe: ProbeCode<Iperf3Params, PreparedTest | undefined> = {
  name: 'iperf3',
  version: '1.0.0',

  async prepare({ params, direction, target, capabilities }) {
    if (params.engine === 'binary') return undefined
    const { seconds, parallel = 1, omitSeconds = 0, blockBytes = DEFAULT_BLOCK_BYTES, bitsPerSecond } = params
    const request = {
      address: target.iperf3,
      direction,
      // The warm-up stays in the series, so the server is not told to omit it.
      limit: { seconds: seconds + omitSeconds },
      parallel,
      blockBytes,
      ...(bitsPerSecond !== undefined && { bitsPerSecond }),
      // Only netfair's target has a token, and only netfair's target can hold the start: a real server would begin at once.
      ...(target.token !== undefined && { token: target.token, hold: true }),
    }
    return await prepareTest(request, capabilities)
  },

  async run(context: ProbeContext<Iperf3Params>, prepared) {
    if (prepared === undefined) return await measureWithBinary(context)
    const { direction } = context
    const result = await prepared.start()
    return [
      ...(direction === 'upload' ? [] : [download(result)]),
      ...(direction === 'download' ? [] : [upload(result, context.capabilities)]),
    ]
  },
}

/** This side receives: its own count. */
function download(result: Iperf3Result): Measurement {
  const { startedAtMs, endedAtMs, serverResults } = result
  const streams = result.streams.filter(({ direction }) => direction === 'download')
  const ids = new Set(streams.map(({ id }) => id))
  const retransmits = serverResults.streams.filter(({ id }) => ids.has(id)).map((stream) => stream.retransmits)
  const known = serverResults.sender_has_retransmits === 1 && retransmits.every((count) => count >= 0 && count < 2 ** 31)
  return {
    direction: 'download',
    bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
    startedAtMs,
    endedAtMs,
    intervals: sumSeries(streams.map(({ intervals }) => intervals)),
    ...(known && { values: { retransmits: retransmits.reduce((sum, count) => sum + count, 0) } }),
  }
}

/**
 * The server receives: its count. Netfair's server also tells when the bytes came, on its own clock. A real iperf3 server
 * tells a total only, so there is no series: the sender's would not add up to it.
 */
function upload(result: Iperf3Result, { fromTarget }: Pick<Capabilities, 'fromTarget'>): Measurement {
  const { startedAtMs, endedAtMs, serverResults } = result
  const series = serverResults.netfair_intervals
  if (series !== undefined) {
    const onCommonClock = series.map(([startMs, endMs, bytes]): Interval => [fromTarget(startMs), fromTarget(endMs), bytes])
    return uploadSeries(onCommonClock, result)
  }
  const ids = new Set(result.streams.filter(({ direction }) => direction === 'upload').map(({ id }) => id))
  const received = serverResults.streams.filter(({ id }) => ids.has(id))
  return { direction: 'upload', bytes: received.reduce((sum, { bytes }) => sum + bytes, 0), startedAtMs, endedAtMs }
}

/** What came after this side had stopped is left out: the server may go on reading what was on its way. */
function uploadSeries(series: readonly Interval[], { startedAtMs, endedAtMs }: Iperf3Result): Measurement {
  const intervals = series.filter(([startMs]) => startMs < endedAtMs)
  return {
    direction: 'upload',
    bytes: intervals.reduce((sum, [, , bytes]) => sum + bytes, 0),
    startedAtMs: Math.min(startedAtMs, intervals[0]?.[0] ?? startedAtMs),
    endedAtMs: intervals.at(-1)?.[1] ?? endedAtMs,
    intervals,
  }
}
