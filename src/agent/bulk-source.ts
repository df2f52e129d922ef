import { randomFillSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SourceOptions } from '../model/capabilities.ts'
import type { CommonMs } from '../model/units.ts'
import { CountedTransfer } from './counted-transfer.ts'
import { Pacer } from './pacer.ts'

/** The same bytes again and again: what fits into the caches costs least. */
const DEFAULT_BLOCK_BYTES = 256 * 1024
const SMALLEST_BATCH_BYTES = 64 * 1024
const LARGEST_BATCH_BYTES = 2 * 1024 * 1024
const BATCHES_IN_FLIGHT = 2
/** A batch should be accepted within this time: a slow link gets smaller ones, so that its series stays fine-grained. */
const BATCH_MS = 20

/** All sources of the process send this same content; random, so that nothing on the way compresses it. */
let content: Buffer = Buffer.alloc(0)

export function contentOf(bytes: number): Buffer {
  if (content.length < bytes) content = randomFillSync(Buffer.allocUnsafeSlow(bytes))
  return content.subarray(0, bytes)
}

/** Sends the same block again and again; counts what the socket has accepted. */
export class BulkSource extends CountedTransfer {
  readonly #socket: Socket
  readonly #block: Buffer
  readonly #limitBytes: number
  readonly #pacer: Pacer | undefined
  #batchBytes = SMALLEST_BATCH_BYTES
  #handedOver = 0

  constructor(socket: Socket, now: () => CommonMs, options: SourceOptions) {
    const { blockBytes = DEFAULT_BLOCK_BYTES, limitBytes = Number.POSITIVE_INFINITY, bitsPerSecond, intervalMs } = options
    super(now, intervalMs)
    this.#socket = socket
    this.#block = contentOf(blockBytes)
    this.#limitBytes = limitBytes
    if (limitBytes <= 0) this.stop()
    else if (bitsPerSecond === undefined) for (let batch = 0; batch < BATCHES_IN_FLIGHT; batch++) setImmediate(() => this.#sendBatch())
    else this.#pacer = new Pacer(bitsPerSecond, (bytes) => this.#sendPaced(bytes))
  }

  override fail(error: unknown): void {
    this.#pacer?.stop()
    super.fail(error)
  }

  #sendBatch(): void {
    if (this.stopped || this.#handedOver >= this.#limitBytes) return
    const startedAt = performance.now()
    const wanted = Math.min(this.#batchBytes, this.#limitBytes - this.#handedOver)
    const accepted = (error?: Error | null): void => this.#batchAccepted(wanted, startedAt, error)
    this.#socket.cork()
    for (let left = wanted; left > 0; ) {
      const chunk = this.#nextChunk(left)
      left -= chunk.length
      this.#socket.write(chunk, left === 0 ? accepted : undefined)
    }
    this.#socket.uncork()
  }

  #batchAccepted(bytes: number, startedAt: number, error: Error | null | undefined): void {
    if (!this.#accepted(bytes, error)) return
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs < BATCH_MS) this.#batchBytes = Math.min(2 * this.#batchBytes, LARGEST_BATCH_BYTES)
    else if (elapsedMs > 2 * BATCH_MS) this.#batchBytes = Math.max(this.#batchBytes / 2, SMALLEST_BATCH_BYTES)
    // Not at once: while the peer keeps up, every write is accepted at once, and timers and other sockets would never run.
    setImmediate(() => this.#sendBatch())
  }

  async #sendPaced(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const chunk = this.#nextChunk(left)
      if (chunk.length === 0) return
      left -= chunk.length
      await new Promise<void>((resolve) => {
        this.#socket.write(chunk, (error) => {
          this.#accepted(chunk.length, error)
          resolve()
        })
      })
    }
  }

  #nextChunk(bytes: number): Buffer {
    const length = Math.min(bytes, this.#block.length, this.#limitBytes - this.#handedOver)
    this.#handedOver += length
    return length === this.#block.length ? this.#block : this.#block.subarray(0, length)
  }

  /** Whether to go on. A failed write is reported by the stream, with the reason. */
  #accepted(bytes: number, error: Error | null | undefined): boolean {
    if (error || this.stopped) return false
    this.add(bytes)
    if (this.bytes >= this.#limitBytes) this.stop()
    return true
  }
}
