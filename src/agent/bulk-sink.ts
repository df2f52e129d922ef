import type { BulkTransfer, SinkOptions } from '../model/capabilities.ts'
import type { Interval } from '../model/journal-record.ts'
import type { CommonMs } from '../model/units.ts'
import { ByteCounter } from './byte-counter.ts'
import { Completion } from './completion.ts'

/** Counts what arrives; the stream calls it for each read. */
export class BulkSink implements BulkTransfer {
  readonly #counter: ByteCounter
  readonly #completion = new Completion()

  constructor(now: () => CommonMs, { intervalMs }: SinkOptions) {
    this.#counter = new ByteCounter(now, intervalMs)
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

  add(bytes: number): void {
    this.#counter.add(bytes)
  }

  stop(): void {
    this.fail(undefined)
  }

  /** Ends it by a connection error; without one it is a plain stop. */
  fail(error: unknown): void {
    this.#counter.stop()
    this.#completion.settle(error)
  }
}
