/** A promise that is settled from outside, once; nobody has to listen to it. */
export class Completion {
  readonly promise: Promise<void>
  #resolve!: () => void
  #reject!: (error: unknown) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => {})
  }

  /** Rejects with the error; resolves where there is none. */
  settle(error: unknown): void {
    if (error === undefined) this.#resolve()
    else this.#reject(error)
  }
}
