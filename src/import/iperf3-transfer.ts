import type { Interval } from '../model/journal-record.ts'
import type { Transfer } from './iperf3-file.ts'
import type { Output, StreamSum } from './iperf3-output.ts'

type End = NonNullable<Output['end']>['streams']

/**
 * What a test moved, by direction. The receiver counts: the intervals are used where its side wrote them (the file itself, or the server's output
 * inside it), else only its total. Where the receiver left no total the sender's counts stand, and say so.
 *
 * @param startedAtMs - after the omitted start: there iperf3's own times begin anew
 */
export function transferred(output: Output, startedAtMs: number): readonly Transfer[] {
  const server = output.start?.accepted_connection !== undefined
  return [true, false].flatMap((sending): readonly Transfer[] => {
    const streams = (output.end?.streams ?? []).filter(({ sender, receiver }) => sends(output, sender ?? receiver) === sending)
    if (streams.length === 0) return []
    const direction = sending === server ? 'download' : 'upload'
    return [{ direction, startedAtMs, ...counted(output, streams, sending, startedAtMs) }]
  })
}

/** Whether the writer of the file sends; what does not say so goes by the whole test. */
function sends({ start }: Output, stream: StreamSum | undefined): boolean {
  const server = start?.accepted_connection !== undefined
  return stream?.sender ?? server === (start?.test_start?.reverse === 1)
}

function counted(
  output: Output,
  streams: NonNullable<End>,
  sending: boolean,
  startedAtMs: number,
): Omit<Transfer, 'direction' | 'startedAtMs'> {
  const received = total(streams.map(({ receiver }) => receiver))
  const series = sending ? intervals(output.server_output_json, false, startedAtMs) : intervals(output, false, startedAtMs)
  // A receiver that never reported has 0 bytes in the sender's file.
  const known = !sending || received.bytes > 0
  const chosen = known ? received : total(streams.map(({ sender }) => sender))
  const used = known ? series : intervals(output, true, startedAtMs)
  const bytes = Math.max(chosen.bytes, sum(used))
  return {
    endedAtMs: Math.max(startedAtMs + chosen.end * 1000, used.at(-1)?.[1] ?? 0),
    bytes,
    countedBy: known ? 'receiver' : 'sender',
    ...(used.length > 0 && { intervals: used }),
  }
}

function total(sums: readonly (StreamSum | undefined)[]): { readonly bytes: number; readonly end: number } {
  const known = sums.filter((one) => one !== undefined)
  return { bytes: known.reduce((all, { bytes }) => all + bytes, 0), end: Math.max(0, ...known.map(({ end }) => end)) }
}

/** All streams of one direction together. Their intervals end some microseconds apart: each begins where the one before it ended. */
function intervals(output: Output | undefined, sending: boolean, startedAtMs: number): readonly Interval[] {
  if (output === undefined) return []
  const series: Interval[] = []
  for (const { streams = [] } of output.intervals ?? []) {
    const own = streams.filter((stream) => sends(output, stream) === sending && stream.omitted !== true)
    if (own.length === 0) continue
    const from = startedAtMs + Math.min(...own.map(({ start }) => start)) * 1000
    const to = startedAtMs + Math.max(...own.map(({ end }) => end)) * 1000
    const bytes = own.reduce((all, one) => all + one.bytes, 0)
    series.push([Math.max(from, series.at(-1)?.[1] ?? from), to, bytes])
  }
  return series
}

const sum = (series: readonly Interval[]): number => series.reduce((all, [, , bytes]) => all + bytes, 0)
