import type { Socket } from 'node:net'
import type { Source } from './turns.ts'

/**
 * The bytes of one connection in one direction, from one socket to another. They wait in the buffer of the socket that they came from;
 * when it is full the socket is not read, and TCP holds the sender back.
 */
export class Flow implements Source {
  readonly #from: Socket
  readonly #to: Socket

  /** @param ready - called whenever it has become able to send */
  constructor(from: Socket, to: Socket, ready: (flow: Source) => void) {
    this.#from = from
    this.#to = to
    const announce = (): void => {
      if (this.waiting) ready(this)
    }
    from.on('readable', () => {
      if (from.readableLength === 0) from.read() // the end shows only to whoever reads
      announce()
    })
    from.on('end', () => to.end())
    to.on('drain', announce)
  }

  get waiting(): boolean {
    return this.#from.readableLength > 0 && !this.#to.writableNeedDrain && !this.#to.destroyed
  }

  send(limit: number): number {
    const bytes = this.#from.read(Math.min(limit, this.#from.readableLength)) as Uint8Array | null
    if (bytes === null) return 0
    this.#to.write(bytes)
    if (this.#from.readableLength === 0) this.#from.read()
    return bytes.length
  }
}
