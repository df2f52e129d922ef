import type { BulkTransfer, Capabilities, TcpStream } from '../../model/capabilities.ts'
import { type CommonMs, commonMs } from '../../model/units.ts'
import type { ControlConnection } from './control-connection.ts'
import { directionsOf, type Iperf3Request, limitBytes } from './request.ts'
import type { CpuUse, StreamCount } from './results.ts'
import { streamId } from './wire.ts'

/** How often the total is looked at where bytes end the test. */
const POLL_MS = 2

/** Where bytes move: a test between TEST_RUNNING and TEST_END. */
interface RunningTest {
  readonly request: Iperf3Request
  readonly capabilities: Capabilities
  readonly control: ControlConnection
  readonly streams: readonly TcpStream[]
  /** Opening the last stream belongs to the test. */
  readonly startedAtMs: CommonMs
}

/** What this side saw of the bytes. Times on the common clock. */
export interface Moved {
  readonly startedAtMs: CommonMs
  /** Where the omitted part ends; `startedAtMs` where there is none. */
  readonly countedFromMs: CommonMs
  readonly endedAtMs: CommonMs
  readonly streams: readonly StreamCount[]
  readonly cpu: CpuUse
}

/** Moves bytes on all streams until the limit; counts none after it. */
export async function moveBytes(test: RunningTest): Promise<Moved> {
  const { capabilities, request, startedAtMs } = test
  const cpuBefore = process.cpuUsage()
  const transfers = startTransfers(test)
  const bytesNow = (): number[] => transfers.map(({ bytes }) => bytes)
  const countedFromMs = commonMs(startedAtMs + 1000 * (request.omitSeconds ?? 0))
  if (countedFromMs > startedAtMs) await unlessOver(test, transfers, capabilities.until(countedFromMs))
  const omitted = countedFromMs > startedAtMs ? bytesNow() : []
  await unlessOver(test, transfers, limitReached(test, transfers, countedFromMs, omitted))
  for (const transfer of transfers) transfer.stop()
  const endedAtMs = capabilities.now()
  const cpu = cpuUse(process.cpuUsage(cpuBefore), endedAtMs - startedAtMs)
  const directions = directionsOf(request)
  const streams = transfers.map((transfer, index) => ({
    id: streamId(index),
    direction: directions[index] ?? 'download',
    bytes: transfer.bytes,
    omittedBytes: omitted[index] ?? 0,
    intervals: transfer.intervals(),
  }))
  return { startedAtMs, countedFromMs, endedAtMs, streams, cpu }
}

function startTransfers({ request, streams }: RunningTest): readonly BulkTransfer[] {
  const { intervalMs = 100, bitsPerSecond } = request
  const directions = directionsOf(request)
  const shares = sourceLimits(request)
  return streams.map((stream, index) => {
    if (directions[index] === 'download') return stream.sink({ intervalMs })
    const share = shares[index]
    return stream.source({
      intervalMs,
      ...(share !== undefined && { limitBytes: share }),
      ...(bitsPerSecond !== undefined && { bitsPerSecond }),
    })
  })
}

/** What each uploading stream sends at most. With an omitted part the limit counts from its end, not known in bytes yet. */
function sourceLimits(request: Iperf3Request): readonly number[] {
  const { direction, parallel = 1, omitSeconds = 0 } = request
  const bytes = limitBytes(request)
  if (bytes === undefined || omitSeconds > 0 || direction === 'download') return []
  const share = Math.floor(bytes / parallel)
  return Array.from({ length: parallel }, (_, index) => (index === 0 ? bytes - share * (parallel - 1) : share))
}

/** Bytes and blocks are counted over all streams of a direction, as real servers do; these share them out unevenly. */
async function limitReached(
  { request, capabilities }: RunningTest,
  transfers: readonly BulkTransfer[],
  countedFromMs: CommonMs,
  omitted: readonly number[],
): Promise<void> {
  if ('seconds' in request.limit) return capabilities.until(commonMs(countedFromMs + 1000 * request.limit.seconds))
  const limit = limitBytes(request) ?? 0
  const { parallel = 1 } = request
  const counted = (from: number): number =>
    transfers.slice(from, from + parallel).reduce((sum, { bytes }, index) => sum + bytes - (omitted[from + index] ?? 0), 0)
  const short = (): boolean => counted(0) < limit || (transfers.length > parallel && counted(parallel) < limit)
  while (short() && !capabilities.signal.aborted) await capabilities.until(commonMs(capabilities.now() + POLL_MS))
}

/** Waits, unless the server ends the test or a stream ends before its share was moved. */
async function unlessOver({ request, control }: RunningTest, transfers: readonly BulkTransfer[], wait: Promise<void>): Promise<void> {
  wait.catch(() => {})
  const shares = sourceLimits(request)
  const early = transfers.map(async (transfer, index) => {
    await control.guard(transfer.ended)
    if (transfer.bytes < (shares[index] ?? Number.POSITIVE_INFINITY)) throw control.gone('it closed a stream')
    return new Promise<never>(() => {})
  })
  const told = control.upcoming().then((state) => Promise.reject(control.gone(`it sent state ${state} while bytes moved`)))
  for (const promise of [...early, told]) promise.catch(() => {})
  await Promise.race([wait, told, ...early])
}

function cpuUse({ user, system }: NodeJS.CpuUsage, elapsedMs: number): CpuUse {
  return { user: user / 10 / Math.max(1, elapsedMs), system: system / 10 / Math.max(1, elapsedMs) }
}
