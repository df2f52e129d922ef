const TICK_MS = 2
/** Credit is kept for this long: a process that its CPU quota halts catches up, a stalled link causes no long burst. */
const CREDIT_MS = 250

/** Token bucket: at each tick asks for as many bytes as the rate allows, once the peer has taken the ones before. */
export class Pacer {
  readonly #bytesPerMs: number
  readonly #send: (bytes: number) => Promise<void>
  readonly #timer: NodeJS.Timeout
  #credit = 0
  #updatedAt: number = performance.now()
  #busy = false

  constructor(bitsPerSecond: number, send: (bytes: number) => Promise<void>) {
    this.#bytesPerMs = bitsPerSecond / 8e3
    this.#send = send
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    const now = performance.now()
    this.#credit = Math.min(this.#credit + (now - this.#updatedAt) * this.#bytesPerMs, CREDIT_MS * this.#bytesPerMs)
    this.#updatedAt = now
    const bytes = Math.floor(this.#credit)
    if (this.#busy || bytes === 0) return
    this.#busy = true
    this.#credit -= bytes
    await this.#send(bytes)
    this.#busy = false
  }
}
