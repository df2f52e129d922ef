/**
 * The iperf3 wire protocol, as both ends speak it: cookie, state bytes, length-prefixed JSON.
 * Facts from the public documentation of esnet/iperf and from watching iperf3 3.12; see also `ARCHITECTURE.md`.
 */

/** Bytes of a cookie on the wire: 36 characters and one NUL. */
export const COOKIE_BYTES = 37
const COOKIE_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** State bytes on the control connection, signed. */
export const State = {
  testStart: 1,
  testRunning: 2,
  testEnd: 4,
  paramExchange: 9,
  createStreams: 10,
  serverTerminate: 11,
  clientTerminate: 12,
  exchangeResults: 13,
  displayResults: 14,
  iperfDone: 16,
  accessDenied: -1,
  serverError: -2,
} as const
export type State = (typeof State)[keyof typeof State]

/** First message of the client. Keys as on the wire; unknown ones are ignored by every peer. */
export interface Parameters {
  readonly tcp?: true
  readonly udp?: true
  /** Seconds dropped at the start. */
  readonly omit: number
  /** Seconds; 0 when bytes or blocks decide. */
  readonly time: number
  /** Bytes to move; 0 or absent = by time. */
  readonly num?: number
  readonly blockcount?: number
  readonly parallel: number
  /** Bytes a block. */
  readonly len: number
  readonly reverse?: true
  readonly bidirectional?: true
  /** Bits per second and stream; 0 or absent = unpaced. */
  readonly bandwidth?: number
  readonly pacing_timer?: number
  readonly title?: string
  readonly extra_data?: string
  /** 1 asks for the server's output in its results. */
  readonly get_server_output?: number
  readonly client_version?: string
  /** Asked for but not applied by netfair: no setsockopt in Node. */
  readonly nodelay?: true
  readonly MSS?: number
  readonly window?: number
  readonly congestion?: string
  readonly TOS?: number
  readonly zerocopy?: number
  readonly flowlabel?: number
  readonly burst?: number
  /** Netfair's own: the target's token. */
  readonly netfair_token?: string
  /** Netfair's own: length of the interval series wanted in the server's results, in milliseconds. */
  readonly netfair_interval_ms?: number
  /**
   * Netfair's own: when all streams are there, netfair's server sends TEST_START and then waits for the client's TEST_RUNNING
   * before it sends its own, so that nothing but one byte each way lies between an agreed start and the first data.
   */
  readonly netfair_hold?: true
}

/** One stream in a results message. Times in seconds since the start of the test, after the omitted part. */
export interface StreamResult {
  readonly id: number
  readonly bytes: number
  readonly retransmits: number
  readonly jitter: number
  readonly errors: number
  readonly packets: number
  readonly start_time: number
  readonly end_time: number
  readonly omitted_errors?: number
  readonly omitted_packets?: number
}

/** A stream that counted bytes over so many seconds; Node knows no retransmits, so none are claimed. */
export function streamResult(id: number, bytes: number, seconds: number): StreamResult {
  return {
    id,
    bytes,
    retransmits: -1,
    jitter: 0,
    errors: 0,
    omitted_errors: 0,
    packets: 0,
    omitted_packets: 0,
    start_time: 0,
    end_time: seconds,
  }
}

/** Results message, both ways: the client sends its own first. */
export interface Results {
  readonly cpu_util_total: number
  readonly cpu_util_user: number
  readonly cpu_util_system: number
  /** -1 unknown, 0 no, 1 yes. */
  readonly sender_has_retransmits: number
  readonly congestion_used?: string
  readonly streams: readonly StreamResult[]
  readonly server_output_text?: string
  readonly server_output_json?: Readonly<Record<string, unknown>>
  /**
   * Netfair's own, where `netfair_interval_ms` was asked: bytes received by the server over all its receiving streams,
   * `[startMs, endMs, bytes]` on the server's clock (epoch milliseconds), warm-up kept in.
   */
  readonly netfair_intervals?: readonly (readonly [number, number, number])[]
  /** Netfair's own: options of the client that this end could not apply, as the client calls them: `-w`, `-C`, … */
  readonly netfair_not_applied?: readonly string[]
}

/** A new cookie out of 36 random bytes. */
export function encodeCookie(random: Uint8Array): string {
  return Array.from(random.subarray(0, COOKIE_BYTES - 1), (byte) => COOKIE_ALPHABET[byte & 31]).join('')
}

/** The cookie's 37 bytes on the wire. */
export function cookieBytes(cookie: string): Uint8Array {
  return new TextEncoder().encode(`${cookie}\0`)
}

/** A JSON message: 4 bytes of length, big-endian, then the text without a NUL. */
export function encodeMessage(value: unknown): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(value))
  const message = new Uint8Array(4 + text.length)
  new DataView(message.buffer).setUint32(0, text.length)
  message.set(text, 4)
  return message
}

/** Length that a message's first four bytes announce. */
export function messageLength(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(0)
}

/** The number of the i-th stream (0-based): 1, 3, 4, 5 …; 2 is skipped, a quirk that real clients rely on. */
export function streamId(index: number): number {
  return index === 0 ? 1 : index + 2
}
