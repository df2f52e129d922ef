const TICK_MS = 2
/** Credit is kept for this long: a process that its CPU quota halts catches up, a stalled link causes no long burst. */
const CREDIT_MS = 250

/** Token bucket: asks for as many bytes as the rate allows, one write at a time. */
export class Pacer {
  readonly #bytesPerMs: number
  readonly #maxWriteBytes: number
  readonly #send: (bytes: number) => Promise<void>
  readonly #timer: NodeJS.Timeout
  #credit = 0
  #updatedAt: number = performance.now()
  #busy = false

  constructor(bitsPerSecond: number, maxWriteBytes: number, send: (bytes: number) => Promise<void>) {
    this.#bytesPerMs = bitsPerSecond / 8e3
    this.#maxWriteBytes = maxWriteBytes
    this.#send = send
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#credit = Number.NEGATIVE_INFINITY
  }

  async #tick(): Promise<void> {
    this.#refill()
    if (this.#busy) return
    this.#busy = true
    while (this.#credit >= 1) {
      const bytes = Math.min(Math.floor(this.#credit), this.#maxWriteBytes)
      this.#credit -= bytes
      await this.#send(bytes)
      this.#refill()
    }
    this.#busy = false
  }

  #refill(): void {
    const now = performance.now()
    this.#credit = Math.min(this.#credit + (now - this.#updatedAt) * this.#bytesPerMs, CREDIT_MS * this.#bytesPerMs)
    this.#updatedAt = now
  }
}
