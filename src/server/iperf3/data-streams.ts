import type { SocketHandle } from '../socket-handle.ts'

/** Collects the data connections of one test until all are there. */
export class DataStreams {
  #expected = 0
  #arrived: { readonly handle: SocketHandle; readonly order: number }[] = []
  #complete: ((handles: SocketHandle[]) => void) | undefined

  /** Resolves with so many connections in the order in which the client made them. From then on they are the caller's. */
  expect(count: number): Promise<SocketHandle[]> {
    this.#expected = count
    return new Promise((resolve) => {
      this.#complete = resolve
    })
  }

  /** Takes a connection; one that nobody waits for is closed. */
  add(handle: SocketHandle, order: number): void {
    if (this.#expected === 0) {
      handle.close()
      return
    }
    this.#arrived.push({ handle, order })
    if (this.#arrived.length < this.#expected) return
    this.#expected = 0
    // Cookies of connections made one after the other may be read in another order.
    const inOrder = this.#arrived.sort((a, b) => a.order - b.order).map((arrival) => arrival.handle)
    this.#arrived = []
    this.#complete?.(inOrder)
  }

  /** Closes what has arrived and was not handed over, and takes no more. */
  close(): void {
    this.#expected = 0
    for (const { handle } of this.#arrived) handle.close()
    this.#arrived = []
  }
}
