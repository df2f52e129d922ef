import { randomFillSync } from 'node:crypto'
import { bytesTaken, type SocketHandle, socketOn } from '../socket-handle.ts'
import type { Traffic } from '../traffic.ts'

/** What every stream of this process sends, over and over; random, so that nothing on the way can compress it. */
const source = randomFillSync(Buffer.allocUnsafeSlow(1 << 20))
/** Batches of two writes that may wait in the process: while one drains the next is ready. */
const BATCHES_IN_FLIGHT = 2
const PACE_TICK_MS = 5
/** At most so many bytes a tick, 107 Gbit/s: a client may ask for any rate, and all of it is written in one go. */
const MAX_TICK_BYTES = 64 << 20

/** A data stream that the server sends on, as fast as the peer takes it or at a rate. */
export class SendingStream {
  readonly sender: boolean = true
  readonly #socket: ReturnType<typeof socketOn>
  readonly #traffic: Traffic
  readonly #bitsPerSecond: number | undefined
  #stopped = false
  #taken = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined

  constructor(handle: SocketHandle, traffic: Traffic, bitsPerSecond?: number) {
    this.#traffic = traffic
    this.#bitsPerSecond = bitsPerSecond
    this.#socket = socketOn(handle).resume()
    this.#socket.once('close', () => this.close())
  }

  /** Sent so far: what the kernel has taken. */
  get bytes(): number {
    if (!this.#stopped) this.#taken = bytesTaken(this.#socket) ?? this.#taken
    return this.#taken
  }

  start(): void {
    if (this.#bitsPerSecond === undefined) this.#fill()
    else this.#pace(this.#bitsPerSecond / 8000)
  }

  /** Counts no further byte, and drops what has not reached the kernel. Idempotent. */
  close(): void {
    this.#taken = this.bytes
    this.#stopped = true
    clearInterval(this.#timer)
    this.#socket.destroy()
  }

  #fill(): void {
    while (!this.#stopped && this.#waiting < BATCHES_IN_FLIGHT) {
      this.#waiting += 1
      this.#socket.cork()
      this.#socket.write(source)
      this.#socket.write(source, () => {
        this.#waiting -= 1
        this.#traffic.sentBytes += 2 * source.length
        // Not at once: while the kernel takes all that is written, nothing else of this process would get its turn.
        setImmediate(() => this.#fill())
      })
      this.#socket.uncork()
    }
  }

  /** Sends what is due since the start, but lets no more than a few ticks' worth wait behind a slow peer. */
  #pace(bytesPerMs: number): void {
    const startedAt = performance.now()
    const most = Math.min(Math.max(source.length, Math.ceil(4 * PACE_TICK_MS * bytesPerMs)), MAX_TICK_BYTES)
    let sent = 0
    const send = (): void => {
      if (this.#socket.writableLength > 0) return
      const due = Math.min(Math.floor((performance.now() - startedAt) * bytesPerMs) - sent, most)
      for (let left = due; left > 0; left -= source.length) this.#socket.write(source.subarray(0, Math.min(left, source.length)))
      sent += Math.max(0, due)
      this.#traffic.sentBytes += Math.max(0, due)
    }
    this.#timer = setInterval(send, PACE_TICK_MS)
  }
}
