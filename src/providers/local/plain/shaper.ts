import type { Settings } from '../options.ts'
import { TokenBucket } from './token-bucket.ts'
import { type Source, Turns } from './turns.ts'

/** How an uplink is shared, in either direction. */
export type Policy = Required<Pick<Settings, 'uplinkBitsPerSecond'>> &
  Pick<Settings, 'capBitsPerSecond'> & { readonly sharing: 'fifo' | 'fair' | 'capped' }

/** Rates count Ethernet frames of full packets, as the kernel does: 1448 bytes of payload in 1514. What is relayed here is payload. */
const PAYLOAD_SHARE = 1448 / 1514
/** A turn is one eighth of a millisecond of the uplink, two of a function's own limit at most, within these limits of bytes. */
const UPLINK_TURNS_PER_SECOND = 8000
const OWN_TURNS_PER_SECOND = 500
const MIN_TURN_BYTES = 1448
const MAX_TURN_BYTES = 65_536
/** How long a pause of whoever empties the bucket may be without a loss of throughput. */
const BUCKET_SECONDS = 0.05

/** After a pass: nobody waits; tokens must come in first; or both are there, and the next pass may follow. */
export type PassOutcome = 'idle' | 'short' | 'more'

/**
 * One direction of one uplink: who may send how much, when. Knows no socket and no clock.
 *
 * `fifo`: connections take turns, so a function has as much as it has connections. `fair`: functions take turns, and inside a function its
 * connections. `capped`: as `fifo`, with a bucket for each function besides.
 */
export class Shaper {
  readonly #policy: Policy
  readonly #turnBytes: number
  readonly #bucket: TokenBucket
  readonly #turns = new Turns()

  constructor(policy: Policy, nowMs: number) {
    const bytesPerSecond = payloadBytes(policy.uplinkBitsPerSecond)
    const own = payloadBytes(policy.capBitsPerSecond ?? policy.uplinkBitsPerSecond)
    const turn = Math.min(MAX_TURN_BYTES, bytesPerSecond / UPLINK_TURNS_PER_SECOND, own / OWN_TURNS_PER_SECOND)
    this.#policy = policy
    this.#turnBytes = Math.round(Math.max(MIN_TURN_BYTES, turn))
    this.#bucket = this.#makeBucket(bytesPerSecond, nowMs)
  }

  /** A function's way to this uplink; call what it returns whenever a connection of the function has become able to send. */
  join(nowMs: number): (connection: Source) => void {
    const { sharing, capBitsPerSecond } = this.#policy
    if (sharing === 'fifo') return (connection) => this.#turns.add(connection)
    if (sharing === 'fair') {
      const own = new Turns()
      return (connection) => {
        own.add(connection)
        this.#turns.add(own)
      }
    }
    const bucket = this.#makeBucket(payloadBytes(capBitsPerSecond ?? this.#policy.uplinkBitsPerSecond), nowMs)
    const gates = new WeakMap<Source, Source>()
    return (connection) => {
      const gate = gates.get(connection) ?? this.#gate(connection, bucket)
      gates.set(connection, gate)
      this.#turns.add(gate)
    }
  }

  /**
   * At most one turn for each that waits. Between two passes connections must get the time to read, or one with many connections would
   * get ahead of one whose only buffer is empty.
   */
  pass(nowMs: number): PassOutcome {
    let sent = 0
    for (let turns = this.#turns.length; turns > 0; turns--) {
      if (this.#bucket.available(nowMs) < this.#turnBytes) return 'short'
      const bytes = this.#turns.send(this.#turnBytes, nowMs)
      this.#bucket.take(bytes)
      sent += bytes
    }
    if (!this.#turns.waiting) return 'idle'
    return sent === 0 ? 'short' : 'more'
  }

  #makeBucket(bytesPerSecond: number, nowMs: number): TokenBucket {
    return new TokenBucket({ bytesPerSecond, capacity: Math.max(2 * this.#turnBytes, bytesPerSecond * BUCKET_SECONDS) }, nowMs)
  }

  /** A connection that sends only while its function has tokens. */
  #gate(connection: Source, bucket: TokenBucket): Source {
    return {
      get waiting() {
        return connection.waiting
      },
      send: (limit, nowMs) => {
        if (bucket.available(nowMs) < limit) return 0
        const bytes = connection.send(limit, nowMs)
        bucket.take(bytes)
        return bytes
      },
    }
  }
}

const payloadBytes = (bitsPerSecond: number): number => (bitsPerSecond / 8) * PAYLOAD_SHARE
