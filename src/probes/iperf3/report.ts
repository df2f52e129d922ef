import type { Direction } from '../../model/journal-record.ts'
import type { Iperf3Result } from './client.ts'
import { DEFAULT_BLOCK_BYTES } from './request.ts'
import type { StreamCount } from './results.ts'

/** Bytes over a span, as iperf3 prints it. Times in seconds, counted from the end of the omitted part. */
export interface Rate {
  readonly start: number
  readonly end: number
  readonly seconds: number
  readonly bytes: number
  readonly bits_per_second: number
  /** Only where the sender knows: Node does not. */
  readonly retransmits?: number
  readonly omitted?: boolean
  /** Whether the client is the sender. */
  readonly sender: boolean
}

export interface StreamRate extends Rate {
  /** Number of the stream; real iperf3 puts its file descriptor here. */
  readonly socket: number
}

type Sums<Name extends string, Value> = { readonly [Key in Name]?: Value }

/** The report of `iperf3 -J`, as far as netfair knows its values: keys that it cannot fill are absent. */
export interface Iperf3Report {
  readonly start: Readonly<Record<string, unknown>>
  readonly intervals: readonly ({ readonly streams: readonly StreamRate[] } & Sums<'sum' | 'sum_bidir_reverse', Rate>)[]
  readonly end: {
    readonly streams: readonly { readonly sender: StreamRate; readonly receiver: StreamRate }[]
    readonly cpu_utilization_percent: Readonly<Record<string, number>>
  } & Sums<'sum_sent' | 'sum_received' | 'sum_sent_bidir_reverse' | 'sum_received_bidir_reverse', Rate>
  readonly title?: string
  readonly extra_data?: string
  readonly server_output_text?: string
  readonly server_output_json?: Readonly<Record<string, unknown>>
}

/** A result in the form of `iperf3 -J`, for those who read that. */
export function iperf3Report(result: Iperf3Result): Iperf3Report {
  const { title, extraData } = result.request
  const { server_output_text, server_output_json } = result.serverResults
  return {
    start: startOf(result),
    intervals: intervalsOf(result),
    end: endOf(result),
    ...(title !== undefined && { title }),
    ...(extraData !== undefined && { extra_data: extraData }),
    ...(server_output_text !== undefined && { server_output_text }),
    ...(server_output_json !== undefined && { server_output_json }),
  }
}

function startOf({ request, startedAtMs, cookie }: Iperf3Result): Iperf3Report['start'] {
  const { address, limit, parallel = 1, blockBytes = DEFAULT_BLOCK_BYTES, direction, bitsPerSecond = 0 } = request
  const colon = address.lastIndexOf(':')
  return {
    version: 'netfair',
    timestamp: { time: new Date(startedAtMs).toUTCString(), timesecs: Math.floor(startedAtMs / 1000) },
    connecting_to: { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) },
    cookie,
    target_bitrate: bitsPerSecond,
    test_start: {
      protocol: 'TCP',
      num_streams: parallel,
      blksize: blockBytes,
      omit: request.omitSeconds ?? 0,
      duration: 'seconds' in limit ? limit.seconds : 0,
      bytes: 'bytes' in limit ? limit.bytes : 0,
      blocks: 'blocks' in limit ? limit.blocks : 0,
      reverse: direction === 'download' ? 1 : 0,
      bidir: direction === 'both' ? 1 : 0,
      target_bitrate: bitsPerSecond,
    },
  }
}

function intervalsOf(result: Iperf3Result): Iperf3Report['intervals'] {
  const { streams, request } = result
  const count = Math.min(...streams.map(({ intervals }) => intervals.length))
  return Array.from({ length: count }, (_, index) => {
    const rates = streams.map((stream) => intervalRate(stream, index, result))
    const sumOf = (direction: Direction): Rate => sum(rates.filter((_, stream) => streams[stream]?.direction === direction))
    if (request.direction === 'both') return { streams: rates, sum: sumOf('upload'), sum_bidir_reverse: sumOf('download') }
    return { streams: rates, sum: sumOf(request.direction) }
  })
}

function intervalRate({ id, direction, intervals }: StreamCount, index: number, { startedAtMs, countedFromMs }: Iperf3Result): StreamRate {
  const [startMs, endMs, bytes] = intervals[index] ?? [startedAtMs, startedAtMs, 0]
  const omitted = startMs < countedFromMs && countedFromMs > startedAtMs
  const from = omitted ? startedAtMs : countedFromMs
  return { socket: id, ...rate(Math.max(0, startMs - from) / 1000, (endMs - from) / 1000, bytes, direction === 'upload'), omitted }
}

function endOf(result: Iperf3Result): Iperf3Report['end'] {
  const { streams, serverResults, cpu, request } = result
  const ends = streams.map((stream) => endRate(stream, result))
  const total = (direction: Direction, side: 'sender' | 'receiver'): Rate =>
    sum(ends.filter((_, index) => streams[index]?.direction === direction).map((stream) => stream[side]))
  const forward = request.direction === 'both' ? 'upload' : request.direction
  return {
    streams: ends,
    sum_sent: total(forward, 'sender'),
    sum_received: total(forward, 'receiver'),
    ...(request.direction === 'both' && {
      sum_sent_bidir_reverse: total('download', 'sender'),
      sum_received_bidir_reverse: total('download', 'receiver'),
    }),
    cpu_utilization_percent: {
      host_total: cpu.user + cpu.system,
      host_user: cpu.user,
      host_system: cpu.system,
      remote_total: serverResults.cpu_util_total,
      remote_user: serverResults.cpu_util_user,
      remote_system: serverResults.cpu_util_system,
    },
  }
}

/** The sender's and the receiver's count of one stream: the client's own and that of the server's results. */
function endRate(
  stream: StreamCount,
  { countedFromMs, endedAtMs, serverResults }: Iperf3Result,
): { sender: StreamRate; receiver: StreamRate } {
  const { id, direction, bytes, omittedBytes } = stream
  const sender = direction === 'upload'
  const ours = { socket: id, ...rate(0, (endedAtMs - countedFromMs) / 1000, bytes - omittedBytes, sender) }
  const server = serverResults.streams.find((one) => one.id === id)
  const seconds = server === undefined ? 0 : server.end_time - server.start_time
  const theirs = { socket: id, ...rate(0, seconds, server?.bytes ?? 0, sender) }
  if (sender) return { sender: ours, receiver: theirs }
  const known = serverResults.sender_has_retransmits === 1 && server !== undefined
  return { sender: { ...theirs, ...(known && { retransmits: server.retransmits }) }, receiver: ours }
}

function sum(rates: readonly Rate[]): Rate {
  const [first] = rates
  const add = (key: 'bytes' | 'retransmits'): number => rates.reduce((total, one) => total + (one[key] ?? 0), 0)
  return {
    ...rate(first?.start ?? 0, first?.end ?? 0, add('bytes'), first?.sender ?? false),
    ...(first?.retransmits !== undefined && { retransmits: add('retransmits') }),
    ...(first?.omitted !== undefined && { omitted: first.omitted }),
  }
}

function rate(start: number, end: number, bytes: number, sender: boolean): Rate {
  const seconds = end - start
  return { start, end, seconds, bytes, bits_per_second: seconds > 0 ? (bytes * 8) / seconds : 0, sender }
}
