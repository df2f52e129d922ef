import { MeasurementError } from '../../model/errors.ts'
import type { Direction, Interval } from '../../model/journal-record.ts'
import { type Results, type StreamResult, streamResult } from './wire.ts'

/** One data stream as the client saw it: the receiver's count in a download, the sender's in an upload. */
export interface StreamCount {
  /** Number of the stream in the protocol. */
  readonly id: number
  readonly direction: Direction
  /** From the start to the end, the omitted part included. */
  readonly bytes: number
  /** Of these, before the counted part. */
  readonly omittedBytes: number
  /** The omitted part included. */
  readonly intervals: readonly Interval[]
}

/** CPU use of this process during the test, in percent of one core. */
export interface CpuUse {
  readonly user: number
  readonly system: number
}

/** The client's results message. */
export function resultsOf(streams: readonly StreamCount[], seconds: number, cpu: CpuUse): Results {
  return {
    cpu_util_total: cpu.user + cpu.system,
    cpu_util_user: cpu.user,
    cpu_util_system: cpu.system,
    sender_has_retransmits: streams.some(({ direction }) => direction === 'upload') ? 0 : -1,
    streams: streams.map(({ id, bytes, omittedBytes }) => streamResult(id, bytes - omittedBytes, seconds)),
  }
}

/**
 * Checks the server's results message.
 * @throws MeasurementError `PROTOCOL_ERROR`
 */
export function parseResults(message: unknown): Results {
  const results = message as Partial<Results> | null
  const intervals = results?.netfair_intervals
  if (!Array.isArray(results?.streams) || !results.streams.every(isStreamResult)) throw malformed('"streams"')
  if (intervals !== undefined && !(Array.isArray(intervals) && intervals.every(isInterval))) throw malformed('"netfair_intervals"')
  return results as Results
}

function isStreamResult(stream: Partial<StreamResult> | null): boolean {
  return isCount(stream?.id) && isCount(stream?.bytes)
}

function isInterval(interval: unknown): boolean {
  if (!Array.isArray(interval) || interval.length !== 3) return false
  const [startMs, endMs, bytes] = interval as unknown[]
  return Number.isFinite(startMs) && Number.isFinite(endMs) && isCount(bytes) && (startMs as number) <= (endMs as number)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function malformed(key: string): MeasurementError {
  return new MeasurementError('PROTOCOL_ERROR', `The server's results cannot be used: ${key} is missing or malformed.`, {
    hint: 'Check that the address is that of an iperf3 server.',
  })
}
