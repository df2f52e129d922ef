import { type SocketHandle, socketOn } from '../socket-handle.ts'
import type { Traffic } from '../traffic.ts'

/** Where all streams of this process read into: nobody looks at the bytes. Fastest of 128 KiB, 256 KiB, 1 MiB (see bench/). */
const sink = Buffer.allocUnsafeSlow(256 * 1024)

/** A data stream that the client sends on: drops and counts. */
export class ReceivingStream {
  readonly sender: boolean = false
  readonly #socket: ReturnType<typeof socketOn>
  #bytes = 0

  constructor(handle: SocketHandle, traffic: Traffic) {
    const callback = (count: number): boolean => {
      this.#bytes += count
      traffic.receivedBytes += count
      return true
    }
    this.#socket = socketOn(handle, { buffer: sink, callback })
  }

  /** Received so far. */
  get bytes(): number {
    return this.#bytes
  }

  start(): void {}

  /** Counts no further byte. Idempotent. */
  close(): void {
    this.#socket.destroy()
  }
}
