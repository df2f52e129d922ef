import type { Direction, RoundDirection } from '../../model/journal-record.ts'
import type { Parameters } from './wire.ts'

/** What ends a test. Bytes and blocks are shared out evenly over the streams of a direction. */
export type Limit = { readonly seconds: number } | { readonly bytes: number } | { readonly blocks: number }

/** Socket options that iperf3 has and Node cannot set. The server is told and may apply them on its side. */
export interface SocketOptions {
  /** Bytes of socket buffer (`-w`). */
  readonly window?: number
  /** Maximum segment size (`-M`). */
  readonly mss?: number
  /** `-N` */
  readonly noDelay?: boolean
  /** `-Z` */
  readonly zeroCopy?: boolean
  /** Congestion control (`-C`). */
  readonly congestion?: string
  /** IP type of service, 0–255 (`-S`). */
  readonly tos?: number
}

/** One iperf3 test, as a user of iperf3 would ask for it. */
export interface Iperf3Request extends SocketOptions {
  /** `host:port` */
  readonly address: string
  readonly direction: RoundDirection
  readonly limit: Limit
  /** Streams a direction, 1–128. Default 1. */
  readonly parallel?: number
  /** Seconds before the counted part. Default 0. */
  readonly omitSeconds?: number
  /** Bytes a block. Default 131 072. */
  readonly blockBytes?: number
  /** Pace of each stream. */
  readonly bitsPerSecond?: number
  readonly title?: string
  readonly extraData?: string
  /** Asks for the server's own output. */
  readonly serverOutput?: boolean
  /** Netfair's token. */
  readonly token?: string
  /** The server waits for this side's word before the bytes flow; only netfair's target knows that. Default false. */
  readonly hold?: boolean
  /** Length of the interval series. Default 100. */
  readonly intervalMs?: number
  /** How long the server may take for each step of the protocol. Default 10 000. */
  readonly stepTimeoutMs?: number
}

/** Default block of the protocol, and of real iperf3 for TCP. */
export const DEFAULT_BLOCK_BYTES: number = 128 * 1024

/** In `both`, the first half of the streams uploads: servers count on it. */
export function directionsOf({ direction, parallel = 1 }: Iperf3Request): readonly Direction[] {
  const directions: readonly Direction[] = direction === 'both' ? ['upload', 'download'] : [direction]
  return directions.flatMap((one) => new Array<Direction>(parallel).fill(one))
}

/** The bytes that a direction moves in all; absent where time decides. */
export function limitBytes({ limit, blockBytes = DEFAULT_BLOCK_BYTES }: Iperf3Request): number | undefined {
  if ('seconds' in limit) return undefined
  return 'bytes' in limit ? limit.bytes : limit.blocks * blockBytes
}

/** Options that were asked for and that this side does not apply, by the names of the request. */
export function notApplied(request: Iperf3Request): readonly string[] {
  const names = ['window', 'mss', 'noDelay', 'zeroCopy', 'congestion', 'tos'] as const
  return names.filter((name) => request[name] !== undefined && request[name] !== false)
}

/** The first message of the client. */
export function parametersOf(request: Iperf3Request): Parameters {
  const { limit, direction, intervalMs = 100 } = request
  return {
    tcp: true,
    omit: request.omitSeconds ?? 0,
    // Real servers read whole seconds; 0 would mean no end.
    time: 'seconds' in limit ? Math.ceil(limit.seconds) : 0,
    num: 'bytes' in limit ? limit.bytes : 0,
    blockcount: 'blocks' in limit ? limit.blocks : 0,
    parallel: request.parallel ?? 1,
    len: request.blockBytes ?? DEFAULT_BLOCK_BYTES,
    pacing_timer: 1000,
    client_version: '3.12',
    ...(direction === 'download' && { reverse: true }),
    ...(direction === 'both' && { bidirectional: true }),
    ...(request.bitsPerSecond !== undefined && { bandwidth: Math.round(request.bitsPerSecond) }),
    ...(request.title !== undefined && { title: request.title }),
    ...(request.extraData !== undefined && { extra_data: request.extraData }),
    ...(request.serverOutput && { get_server_output: 1 }),
    ...socketParameters(request),
    ...(request.token !== undefined && { netfair_token: request.token }),
    ...(request.hold && { netfair_hold: true }),
    netfair_interval_ms: intervalMs,
  }
}

function socketParameters({ window, mss, noDelay, zeroCopy, congestion, tos }: SocketOptions): Partial<Parameters> {
  return {
    ...(window !== undefined && { window }),
    ...(mss !== undefined && { MSS: mss }),
    ...(noDelay && { nodelay: true }),
    ...(zeroCopy && { zerocopy: 1 }),
    ...(congestion !== undefined && { congestion }),
    ...(tos !== undefined && { TOS: tos }),
  }
}
