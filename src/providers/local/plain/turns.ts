/** Whoever may have bytes to send. */
export interface Source {
  /** Whether it could send something now. */
  readonly waiting: boolean
  /** Sends what it has, `limit` bytes at most; returns how many. */
  send(limit: number, nowMs: number): number
}

/** Sources that send by turns, in the order in which they came; after its turn a source that has more to send waits behind the others. */
export class Turns implements Source {
  /** A set keeps the order of insertion, and nobody in it twice. */
  readonly #queue = new Set<Source>()

  get waiting(): boolean {
    return this.#queue.size > 0
  }

  get length(): number {
    return this.#queue.size
  }

  /** Puts it at the end, unless it waits already. */
  add(source: Source): void {
    this.#queue.add(source)
  }

  /** One turn of the first that has something to send. */
  send(limit: number, nowMs: number): number {
    for (const source of this.#queue) {
      this.#queue.delete(source)
      if (!source.waiting) continue // closed, or its receiver is slow: it comes back when it can send
      const bytes = source.send(limit, nowMs)
      if (source.waiting) this.#queue.add(source)
      return bytes
    }
    return 0
  }
}
