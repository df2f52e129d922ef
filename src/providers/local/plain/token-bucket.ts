/** Permits to send, in bytes, that come in at a steady rate and are kept up to a limit. It never lends. */
export class TokenBucket {
  readonly #bytesPerMs: number
  readonly #capacity: number
  #tokens: number
  #at: number

  /**
   * Full at the start.
   * @param nowMs - any clock that does not go back, the same as later
   */
  constructor({ bytesPerSecond, capacity }: { readonly bytesPerSecond: number; readonly capacity: number }, nowMs: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#capacity = capacity
    this.#tokens = capacity
    this.#at = nowMs
  }

  available(nowMs: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#at) * this.#bytesPerMs)
    this.#at = nowMs
    return this.#tokens
  }

  /** At most what is available. */
  take(bytes: number): void {
    this.#tokens -= bytes
  }
}
