import { encodeMessage, messageLength, type State } from '../../probes/iperf3/wire.ts'
import { type SocketHandle, socketOn } from '../socket-handle.ts'
import type { Refusal } from './refusal.ts'

/** No message of a sound client is longer; what comes unasked beyond it ends the connection. */
const MAX_BUFFERED_BYTES = 1 << 20

/** The client has gone, was too slow, or sent what is no message. */
export class ChannelError extends Error {}

/** The control connection of one test, from the server's side. Every wait ends when the client goes away or is too slow. */
export class ControlChannel {
  readonly peer: string
  readonly #socket: ReturnType<typeof socketOn>
  #received: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #closed = false
  readonly #gone: Promise<never>

  constructor(handle: SocketHandle) {
    this.#socket = socketOn(handle)
    this.#socket.setNoDelay(true).setKeepAlive(true, 10_000)
    this.peer = `${this.#socket.remoteAddress ?? '?'}:${this.#socket.remotePort ?? '?'}`
    this.#gone = new Promise((_, reject) => {
      const close = () => {
        this.#closed = true
        reject(new ChannelError('the client closed the control connection'))
        this.#wake?.()
        this.#socket.destroy()
      }
      this.#socket.once('end', close).once('close', close)
    })
    this.#gone.catch(() => {})
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes))
  }

  /** The same promise, but rejected when the client goes away first, or after `waitMs`. */
  async whileOpen<T>(promise: Promise<T>, waitMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ChannelError(`nothing came within ${waitMs} ms`)), Math.min(waitMs, 2 ** 31 - 1))
    })
    try {
      return await Promise.race([promise, this.#gone, late])
    } finally {
      clearTimeout(timer)
    }
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.write(bytes)
  }

  sendState(state: State): void {
    this.send(Uint8Array.of(state & 0xff))
  }

  sendJson(value: unknown): void {
    this.send(encodeMessage(value))
  }

  /** The next byte, as a state. */
  async receiveState(waitMs: number): Promise<number> {
    return (await this.#receive(1, waitMs)).readInt8(0)
  }

  /** The next message. Rejects when it is longer than `limitBytes` or no JSON object. */
  async receiveJson(limitBytes: number, waitMs: number): Promise<Readonly<Record<string, unknown>>> {
    const length = messageLength(await this.#receive(4, waitMs))
    if (length > limitBytes) throw new ChannelError(`message of ${length} bytes, at most ${limitBytes} are allowed`)
    const text = (await this.#receive(length, waitMs)).toString('utf8').replace(/\0+$/, '')
    const value: unknown = parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ChannelError('no JSON object')
    return value as Readonly<Record<string, unknown>>
  }

  /** Tells the client why, and closes once that is sent. */
  refuse(refusal: Refusal): void {
    if (!this.#closed) this.#socket.end(refusal.encode())
    setTimeout(() => this.close(), 1000).unref()
  }

  /** Closes at once. Idempotent. */
  close(): void {
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    if (this.#received.length > MAX_BUFFERED_BYTES) this.close()
    this.#wake?.()
  }

  async #receive(length: number, waitMs: number): Promise<Buffer> {
    const arrival = async (): Promise<void> => {
      while (this.#received.length < length && !this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    // What came before the connection ended still counts.
    if (this.#received.length < length) await this.whileOpen(arrival(), waitMs)
    if (this.#received.length < length) throw new ChannelError('the client closed the control connection')
    const bytes = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return bytes
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ChannelError('no JSON')
  }
}
