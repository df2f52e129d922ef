import type { CompletedSample } from '../model/journal-record.ts'
import type { Decomposition } from '../model/report.ts'

/** Sums of a sample over its objects, in milliseconds, as the probes of objects tell them. */
type Sums = Readonly<Partial<Record<'objectSumMs' | 'connectSumMs' | 'tlsSumMs' | 'firstByteSumMs' | 'checksumSumMs', number>>>

/** How the time of one sample was spent, in milliseconds; absent where nobody can tell. */
interface Spent {
  /** Of all objects, those on the way at the same time each with its own. */
  readonly objects: number
  readonly connection: number | undefined
  /** Of `connection`. */
  readonly tls: number | undefined
  readonly firstByte: number | undefined
  readonly checksum: number | undefined
  readonly client: number
}

/**
 * Where the time of objects goes: of each millisecond that one is on its way, which part is connection, wait for the first byte, checksum and
 * client (by the CPU time that they took), and which part the transfer, the rest.
 *
 * CPU time counts as long as it takes under the quota: 10 ms of CPU under a quota of 0.1 are 100 ms. One thread does all of it, so that every
 * object that is on its way waits for it.
 *
 * @param quota - in cores; where it is unknown, a whole core: then checksum and client are lower bounds
 * @returns undefined where no sample tells how long its objects took
 */
export function decompose(samples: readonly CompletedSample[], quota: number | undefined): Decomposition | undefined {
  const spent = samples.map((sample) => spentBy(sample, Math.min(1, quota ?? 1))).filter((one) => one !== undefined)
  const objects = total(spent, 'objects') ?? 0
  if (objects === 0) return undefined
  const share = (part: keyof Spent): number | null => {
    const ms = total(spent, part)
    return ms === undefined ? null : ms / objects
  }
  const [connection, tls, firstByte] = [share('connection'), share('tls'), share('firstByte')]
  const [checksum, client] = [share('checksum'), share('client') ?? 0]
  const transfer = 1 - (connection ?? 0) - (firstByte ?? 0) - (checksum ?? 0) - client
  return { connection, tls, firstByte, transfer: Math.max(0, transfer), checksum, client, network: null, reasons: [] }
}

function spentBy({ values = {}, cpuMs, startedAtMs, endedAtMs }: CompletedSample, quota: number): Spent | undefined {
  const { objectSumMs: objects, connectSumMs, tlsSumMs, firstByteSumMs, checksumSumMs } = values as Sums
  if (objects === undefined || objects === 0 || cpuMs === undefined) return undefined
  const connection = atMost(connectSumMs, objects)
  const tls = atMost(tlsSumMs, connection ?? 0)
  const firstByte = atMost(firstByteSumMs, objects - (connection ?? 0))
  const body = objects - (connection ?? 0) - (firstByte ?? 0)
  // From the CPU's clock to that of the objects, of which several may be on their way.
  const stretch = objects / ((endedAtMs - startedAtMs) * quota)
  const cpu = Math.min(body, (cpuMs.user + cpuMs.system) * stretch)
  const checksum = atMost(checksumSumMs === undefined ? undefined : checksumSumMs * stretch, cpu)
  return { objects, connection, tls, firstByte, checksum, client: cpu - (checksum ?? 0) }
}

const atMost = (ms: number | undefined, most: number): number | undefined => (ms === undefined ? undefined : Math.min(ms, most))

/** Undefined where no sample knows it. */
function total(spent: readonly Spent[], part: keyof Spent): number | undefined {
  const known = spent.map((one) => one[part]).filter((ms) => ms !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0)
}
