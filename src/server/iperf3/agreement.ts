import type { Parameters } from '../../probes/iperf3/wire.ts'
import type { TargetLimits } from '../limits.ts'
import type { Admission } from '../token.ts'
import { IperfError, Refusal } from './refusal.ts'

/** What a test is going to be, after its parameters were checked. */
export interface Agreement {
  readonly parallel: number
  readonly mode: 'upload' | 'download' | 'both'
  readonly omitSeconds: number
  /** 0 = ended by bytes or blocks. */
  readonly seconds: number
  /** Of one stream; absent = as fast as the peer takes it. */
  readonly bitsPerSecond?: number
  readonly intervalMs: number
  /** The client wants the interval series in the results. */
  readonly wantsIntervals: boolean
  readonly wantsOutput: boolean
  /** The client says when the test runs. */
  readonly hold: boolean
  readonly title?: string
  /** Options that the client asked for and that cannot be set here, as it calls them. */
  readonly notApplied: readonly string[]
}

const DEFAULT_BLOCK_BYTES = 128 * 1024
const MAX_BLOCK_BYTES = 1 << 20
const MAX_OMIT_SECONDS = 600

/**
 * Checks what a client asks for.
 * @throws Refusal with what the client is told
 */
export function agree(parameters: Readonly<Record<string, unknown>>, limits: TargetLimits, admits: Admission): Agreement {
  const asked = parameters as { readonly [Key in keyof Parameters]?: unknown }
  if (!admits(asked.netfair_token)) throw new Refusal('access-denied')
  if (asked.udp || parameters['sctp'] || !asked.tcp) throw new Refusal(IperfError.protocol)

  const parallel = number(asked.parallel, 1, 1, Number.MAX_SAFE_INTEGER, IperfError.parameters, true)
  const directions = asked.bidirectional ? 2 : 1
  if (parallel * directions > limits.streams) throw new Refusal(IperfError.streams)
  const num = number(asked.num, 0, 0, limits.bytes, IperfError.totalRate)
  const blockBytes = number(asked.len, DEFAULT_BLOCK_BYTES, 1, MAX_BLOCK_BYTES, IperfError.blockSize, true)
  const blocks = number(asked.blockcount, 0, 0, limits.bytes / blockBytes, IperfError.totalRate)
  const rate = number(asked.bandwidth, 0, 0, Number.MAX_VALUE, IperfError.parameters)
  if (rate * parallel * directions > (limits.bitsPerSecond ?? Number.POSITIVE_INFINITY)) throw new Refusal(IperfError.totalRate)
  const intervalMs = number(asked.netfair_interval_ms, 100, 10, 10_000, IperfError.parameters)
  const seconds = number(asked.time, 0, 0, limits.seconds, IperfError.duration)
  if (seconds === 0 && num === 0 && blocks === 0) throw new Refusal(IperfError.duration)

  return {
    parallel,
    mode: asked.bidirectional ? 'both' : asked.reverse ? 'download' : 'upload',
    omitSeconds: number(asked.omit, 0, 0, MAX_OMIT_SECONDS, IperfError.omit),
    seconds: num > 0 || blocks > 0 ? 0 : seconds,
    ...(rate > 0 && { bitsPerSecond: rate }),
    intervalMs,
    wantsIntervals: asked.netfair_interval_ms !== undefined,
    wantsOutput: Boolean(asked.get_server_output),
    hold: Boolean(asked.netfair_hold),
    ...(typeof asked.title === 'string' && { title: asked.title.slice(0, 200) }),
    notApplied: notApplied(asked),
  }
}

function number(value: unknown, missing: number, low: number, high: number, error: IperfError, whole = false): number {
  if (value === undefined) return missing
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low) throw new Refusal(IperfError.parameters)
  if (whole && !Number.isInteger(value)) throw new Refusal(IperfError.parameters)
  if (value > high) throw new Refusal(error)
  return value
}

/** Node sets none of these on a socket (a client's own end may well apply them). */
const SOCKET_OPTIONS = {
  window: '-w',
  MSS: '-M',
  nodelay: '-N',
  zerocopy: '-Z',
  congestion: '-C',
  TOS: '-S',
  flowlabel: '-L',
  burst: '-b rate/burst',
  fqrate: '--fq-rate',
} as const

function notApplied(asked: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(SOCKET_OPTIONS).flatMap(([key, option]) => (asked[key] ? [option] : []))
}
