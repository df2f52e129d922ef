import { MeasurementError } from '../../model/errors.ts'
import type { Interval } from '../../model/journal-record.ts'
import type { Measurement, ProbeContext } from '../../model/probe.ts'
import type { Iperf3Params } from './measure.ts'

/** What is read of `iperf3 -J`. Times in seconds since the program's own start of the test. */
interface BinaryOutput {
  readonly error?: string
  readonly intervals?: readonly Readonly<Record<string, { readonly start: number; readonly end: number; readonly bytes: number }>>[]
  readonly end?: Readonly<Record<string, { readonly seconds: number; readonly bytes: number }>>
}

/**
 * Runs the program `iperf3` instead of netfair's client, as a cross-check. It can send no token, so the target must be open.
 * Its clock is not the common one: the call is taken as its start, which is early by the time that it needs to connect.
 * @throws MeasurementError `ENGINE_UNAVAILABLE` where the host runs no programs, `ENGINE_FAILED` with the program's message
 */
export async function measureWithBinary({ params, direction, target, capabilities }: ProbeContext<Iperf3Params>): Promise<Measurement[]> {
  if (capabilities.runProgram === undefined) {
    throw new MeasurementError('ENGINE_UNAVAILABLE', 'This host cannot run the program iperf3.', { hint: "Use engine: 'netfair'." })
  }
  const startedAtMs = capabilities.now()
  const { stdout, exitCode } = await capabilities.runProgram('iperf3', binaryArguments(params, direction, target.iperf3))
  const output = parse(stdout)
  if (exitCode !== 0 || output.error !== undefined || output.end === undefined) {
    throw new MeasurementError('ENGINE_FAILED', `iperf3 ended with exit code ${exitCode}: ${output.error ?? 'no result'}.`, {
      hint: 'Check that the target is open (iperf3 can send no token) and not busy.',
    })
  }
  const measure = (one: 'download' | 'upload', total: string, sum: string): Measurement => {
    const { bytes = 0, seconds = 0 } = output.end?.[total] ?? {}
    const intervals = one === 'download' ? seriesOf(output, sum, startedAtMs) : undefined
    // The warm-up is kept in, while iperf3 leaves it out of its totals and tells no series of what the other side received.
    const counted = intervals?.reduce((all, interval) => all + interval[2], 0) ?? bytes
    const endedAtMs = intervals?.at(-1)?.[1] ?? startedAtMs + 1000 * seconds
    return { direction: one, bytes: counted, startedAtMs, endedAtMs, ...(intervals !== undefined && { intervals }) }
  }
  if (direction === 'both') {
    return [measure('download', 'sum_received_bidir_reverse', 'sum_bidir_reverse'), measure('upload', 'sum_received', 'sum')]
  }
  return [measure(direction, 'sum_received', 'sum')]
}

function binaryArguments(params: Iperf3Params, direction: string, address: string): readonly string[] {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const { seconds, omitSeconds = 0, parallel, blockBytes, bitsPerSecond } = params
  const args = ['-c', host, '-p', address.slice(colon + 1), '-J', '-i', '0.1', '-t', String(Math.ceil(seconds + omitSeconds))]
  args.push('-P', String(parallel), '-l', String(blockBytes))
  if (bitsPerSecond !== undefined) args.push('-b', String(Math.round(bitsPerSecond)))
  if (direction === 'download') args.push('-R')
  if (direction === 'both') args.push('--bidir')
  return args
}

function seriesOf(output: BinaryOutput, sum: string, startedAtMs: number): readonly Interval[] {
  let endMs = startedAtMs
  return (output.intervals ?? []).flatMap((interval) => {
    const entry = interval[sum]
    if (entry === undefined) return []
    const startMs = endMs
    endMs = Math.max(startMs, startedAtMs + 1000 * entry.end)
    return [[startMs, endMs, entry.bytes] as const]
  })
}

function parse(stdout: string): BinaryOutput {
  try {
    return JSON.parse(stdout) as BinaryOutput
  } catch {
    return { error: stdout.slice(0, 200) || 'no output' }
  }
}
