import { randomFillSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type { BulkTransfer, SourceOptions } from '../model/capabilities.ts'
import type { Interval } from '../model/journal-record.ts'
import type { CommonMs } from '../model/units.ts'
import { ByteCounter } from './byte-counter.ts'
import { Completion } from './completion.ts'
import { Pacer } from './pacer.ts'

const DEFAULT_BLOCK_BYTES = 1024 * 1024
const SMALLEST_BLOCK_BYTES = 64 * 1024
const BATCHES_IN_FLIGHT = 2
const WRITES_PER_BATCH = 2
/** A batch should be accepted within this time: a slow link gets smaller writes, so that its series stays fine-grained. */
const BATCH_MS = 20

/** All sources of the process send this same content; random, so that nothing on the way compresses it. */
let content: Buffer = Buffer.alloc(0)

function contentOf(bytes: number): Buffer {
  if (content.length < bytes) content = randomFillSync(Buffer.allocUnsafeSlow(bytes))
  return content.subarray(0, bytes)
}

/** Sends the same block again and again; counts what the socket has accepted. */
export class BulkSource implements BulkTransfer {
  readonly #socket: Socket
  readonly #counter: ByteCounter
  readonly #completion = new Completion()
  readonly #block: Buffer
  readonly #limitBytes: number
  readonly #pacer: Pacer | undefined
  #blockBytes: number
  #handedOver = 0

  constructor(socket: Socket, now: () => CommonMs, options: SourceOptions) {
    const { blockBytes = DEFAULT_BLOCK_BYTES, limitBytes = Number.POSITIVE_INFINITY, bitsPerSecond, intervalMs } = options
    this.#socket = socket
    this.#counter = new ByteCounter(now, intervalMs)
    this.#block = contentOf(blockBytes)
    this.#blockBytes = Math.min(blockBytes, 2 * SMALLEST_BLOCK_BYTES)
    this.#limitBytes = limitBytes
    if (limitBytes <= 0) this.stop()
    else if (bitsPerSecond === undefined) for (let batch = 0; batch < BATCHES_IN_FLIGHT; batch++) setImmediate(() => this.#sendBatch())
    else this.#pacer = new Pacer(bitsPerSecond, (bytes) => this.#sendPaced(bytes))
  }

  get bytes(): number {
    return this.#counter.bytes
  }

  get ended(): Promise<void> {
    return this.#completion.promise
  }

  intervals(): readonly Interval[] {
    return this.#counter.intervals()
  }

  stop(): void {
    this.fail(undefined)
  }

  /** Ends it by a connection error; without one it is a plain stop. */
  fail(error: unknown): void {
    this.#pacer?.stop()
    this.#counter.stop()
    this.#completion.settle(error)
  }

  #sendBatch(): void {
    if (this.#counter.stopped || this.#handedOver >= this.#limitBytes) return
    const startedAt = performance.now()
    let batchBytes = 0
    this.#socket.cork()
    for (let write = 1; write <= WRITES_PER_BATCH; write++) {
      const chunk = this.#nextChunk(this.#blockBytes)
      if (chunk.length === 0) break
      batchBytes += chunk.length
      const last = write === WRITES_PER_BATCH || this.#handedOver >= this.#limitBytes
      if (last) this.#socket.write(chunk, (error) => this.#batchAccepted(batchBytes, startedAt, error))
      else this.#socket.write(chunk)
    }
    this.#socket.uncork()
  }

  #batchAccepted(bytes: number, startedAt: number, error: Error | null | undefined): void {
    if (!this.#accepted(bytes, error)) return
    const elapsedMs = performance.now() - startedAt
    const wanted = this.#blockBytes * (elapsedMs < BATCH_MS ? 2 : elapsedMs > 2 * BATCH_MS ? 0.5 : 1)
    this.#blockBytes = Math.min(this.#block.length, Math.max(SMALLEST_BLOCK_BYTES, wanted))
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
    if (error || this.#counter.stopped) return false
    this.#counter.add(bytes)
    if (this.#counter.bytes >= this.#limitBytes) this.stop()
    return true
  }
}
