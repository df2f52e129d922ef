import type { TargetClock } from '../target-clock.ts'

/** Bytes over time: contiguous entries `[startMs, endMs, bytes]` on the target's clock, each as long as the timer made it. */
export class IntervalSeries {
  readonly entries: [startMs: number, endMs: number, bytes: number][] = []
  readonly #clock: TargetClock
  readonly #total: () => number
  #fromMs: number
  #counted: number

  constructor(clock: TargetClock, total: () => number) {
    this.#clock = clock
    this.#total = total
    this.#fromMs = clock()
    this.#counted = total()
  }

  /** Ends the current entry now and begins the next one. */
  mark(): void {
    const now = this.#clock()
    const total = this.#total()
    if (now <= this.#fromMs) return
    this.entries.push([this.#fromMs, now, total - this.#counted])
    this.#fromMs = now
    this.#counted = total
  }
}
