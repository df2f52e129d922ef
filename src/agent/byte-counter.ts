import type { Interval } from '../model/journal-record.ts'
import type { CommonMs } from '../model/units.ts'

/**
 * Counts bytes and keeps when they came: a series of contiguous intervals with real timestamps.
 * A timer closes the intervals, so that a starved transfer shows zeros; counting itself is one addition.
 */
export class ByteCounter {
  bytes = 0
  readonly #now: () => CommonMs
  readonly #intervalMs: number
  readonly #closed: Interval[] = []
  #openedAtMs: number
  #bytesBefore = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(now: () => CommonMs, intervalMs = 100) {
    this.#now = now
    this.#intervalMs = intervalMs
    this.#openedAtMs = now()
    this.#schedule()
  }

  get stopped(): boolean {
    return this.#stopped
  }

  add(bytes: number): void {
    if (!this.#stopped) this.bytes += bytes
  }

  /** The last interval ends now, or at the stop. */
  intervals(): readonly Interval[] {
    return this.#stopped ? [...this.#closed] : [...this.#closed, this.#current()]
  }

  /** Closes the last interval; no byte counts any more. Idempotent. */
  stop(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    this.#close()
    this.#stopped = true
  }

  #current(): Interval {
    return [this.#openedAtMs, this.#now(), this.bytes - this.#bytesBefore]
  }

  #close(): void {
    const interval = this.#current()
    this.#closed.push(interval)
    this.#openedAtMs = interval[1]
    this.#bytesBefore = this.bytes
  }

  #schedule(): void {
    const waitMs = this.#openedAtMs + this.#intervalMs - this.#now()
    this.#timer = setTimeout(
      () => {
        this.#close()
        this.#schedule()
      },
      Math.max(1, waitMs),
    )
  }
}
