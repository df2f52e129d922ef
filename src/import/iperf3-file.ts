import { InputError } from '../model/errors.ts'
import type { Direction, Interval } from '../model/journal-record.ts'
import { type Output, outputProblem } from './iperf3-output.ts'
import { transferred } from './iperf3-transfer.ts'

/** One output of `iperf3 --json`, as it was read. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  /** Modification time: iperf3 writes when it ends. It stands in for the start of a test that failed before it had one. */
  readonly modifiedMs: number
}

/** What one direction of a test moved. Times in epoch milliseconds; the omitted start is left out. */
export interface Transfer {
  readonly direction: Direction
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly bytes: number
  readonly countedBy: 'receiver' | 'sender'
  readonly intervals?: readonly Interval[]
}

/** One iperf3 test. Seen from the client: that is the function, also where the file is the server's. */
export interface ImportedTest {
  readonly file: string
  /** Names the test: iperf3's cookie, or the file. */
  readonly id: string
  readonly version: string | undefined
  readonly startMs: number
  readonly endMs: number
  readonly streams: number | undefined
  /** Empty when it failed. */
  readonly transfers: readonly Transfer[]
  /** Of a failed test, where it is known. */
  readonly direction?: Direction
  readonly error?: string
}

/**
 * Reads one file.
 * @throws InputError `BROKEN_IPERF3_FILE` with the file and the reason
 */
export function readTest({ name, text, modifiedMs }: SourceFile): ImportedTest {
  const output = parse(name, text)
  const { start = {}, error } = output
  const { test_start: test, timestamp, version, cookie } = start
  const startMs = timestamp?.timesecs === undefined ? undefined : timestamp.timesecs * 1000
  const known = { file: name, id: cookie ?? name, version: version?.replace(/^iperf /, ''), streams: test?.num_streams }
  if (error !== undefined) {
    const lengthMs = startMs === undefined ? 0 : ((test?.duration ?? 0) + (test?.omit ?? 0)) * 1000
    const direction: Direction | undefined = test && (test.reverse === 1 ? 'download' : 'upload')
    const at = startMs ?? modifiedMs
    return { ...known, startMs: at, endMs: at + lengthMs, transfers: [], error, ...(direction !== undefined && { direction }) }
  }
  if (startMs === undefined) throw broken(name, 'it has no "start.timestamp.timesecs"')
  if (test?.protocol === 'UDP') throw broken(name, 'it is a UDP test, which says what was offered and lost, not what the network gives')
  const transfers = transferred(output, startMs + (test?.omit ?? 0) * 1000)
  if (transfers.length === 0) throw broken(name, 'it has no results ("end.streams")')
  if (transfers.some(({ startedAtMs, endedAtMs }) => !(endedAtMs > startedAtMs))) throw broken(name, 'it has a test of no length')
  return { ...known, startMs, endMs: Math.max(...transfers.map(({ endedAtMs }) => endedAtMs)), transfers }
}

function parse(name: string, text: string): Output {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    const reason = text.trim() === '' ? 'it is empty' : `it is not JSON (${(cause as Error).message})`
    throw broken(name, reason, cause)
  }
  const isOutput = typeof value === 'object' && value !== null && ('start' in value || 'error' in value)
  if (!isOutput) throw broken(name, 'it is JSON, but has no "start": it is no output of iperf3')
  const problem = outputProblem(value as Output)
  if (problem !== undefined) throw broken(name, problem)
  return value as Output
}

/** @returns `BROKEN_IPERF3_FILE` */
export function broken(name: string, reason: string, cause?: unknown): InputError {
  return new InputError('BROKEN_IPERF3_FILE', `${name}: cannot be imported: ${reason}.`, {
    hint: 'Give whole outputs of TCP tests, one a file: `iperf3 --json …  > FILE`.',
    cause,
  })
}
