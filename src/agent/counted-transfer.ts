import type { BulkTransfer } from '../model/capabilities.ts'
import type { Interval } from '../model/journal-record.ts'
import type { CommonMs } from '../model/units.ts'
import { ByteCounter } from './byte-counter.ts'
import { Completion } from './completion.ts'

/** A bulk transfer whose bytes somebody else moves and counts here, and which ends once. */
export class CountedTransfer implements BulkTransfer {
  readonly #counter: ByteCounter
  readonly #completion = new Completion()

  /** @param intervalMs - length of one entry of the series */
  constructor(now: () => CommonMs, intervalMs?: number) {
    this.#counter = new ByteCounter(now, intervalMs)
  }

  get bytes(): number {
    return this.#counter.bytes
  }

  get ended(): Promise<void> {
    return this.#completion.promise
  }

  get stopped(): boolean {
    return this.#counter.stopped
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

  /** Ends it by an error; without one it is a plain stop. The first call decides. */
  fail(error: unknown): void {
    this.#counter.stop()
    this.#completion.settle(error)
  }
}
