import { type Results, streamResult } from '../../probes/iperf3/wire.ts'
import type { Agreement } from './agreement.ts'

/** One stream as the server saw it, after the omitted part. */
export interface MeasuredStream {
  readonly id: number
  readonly sender: boolean
  readonly bytes: number
}

/** A test as the server saw it. */
export interface Measured {
  readonly streams: readonly MeasuredStream[]
  /** After the omitted part. */
  readonly seconds: number
  readonly cpu: { readonly totalPercent: number; readonly userPercent: number; readonly systemPercent: number }
  readonly intervals: readonly (readonly [number, number, number])[]
}

/** The results message, in the form that real clients read. */
export function resultsMessage(measured: Measured, agreement: Agreement, output: string): Results {
  return {
    cpu_util_total: measured.cpu.totalPercent,
    cpu_util_user: measured.cpu.userPercent,
    cpu_util_system: measured.cpu.systemPercent,
    sender_has_retransmits: measured.streams.some((stream) => stream.sender) ? 0 : -1,
    streams: measured.streams.map(({ id, bytes }) => streamResult(id, bytes, measured.seconds)),
    ...(agreement.wantsOutput && { server_output_text: output }),
    ...(agreement.wantsIntervals && { netfair_intervals: measured.intervals }),
    ...(agreement.notApplied.length > 0 && { netfair_not_applied: agreement.notApplied }),
  }
}
