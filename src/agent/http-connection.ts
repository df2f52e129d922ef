import type { Socket } from 'node:net'
import { MeasurementError } from '../model/errors.ts'
import type { Handshake } from '../model/object-client.ts'
import { BodyReader } from './body-reader.ts'
import { findHead, type HttpHead } from './http-head.ts'
import { openSocket, type SocketOptions } from './open-socket.ts'
import { gather, sharedReadBuffer } from './read-buffer.ts'

/** Takes the payload of a body: how many bytes came, not what they are. */
export type PayloadSink = (bytes: number) => void

/**
 * Looks at the head of an answer, at what came of its body with it, and at the time from the request to its first byte. Says where
 * the payload goes; undefined = the body is not wanted, and the connection not kept for it. Throws to refuse the answer.
 */
export type AnswerReader = (head: HttpHead, start: Buffer, firstByteMs: number) => PayloadSink | undefined

/** The bytes of a request or of its answer, where somebody has or wants them. */
export interface Payload {
  /** Takes the payload of the answer; a piece is valid during the call only. */
  take?(piece: Uint8Array): void
  /** The body of the request, as long as its head says. */
  readonly body?: Iterable<Uint8Array>
  /** The socket has taken a piece of it. */
  sent?(bytes: number): void
}

/** One answer, read to its end. */
export interface Answer {
  readonly head: HttpHead
  readonly payloadBytes: number
}

/** The server closed before it answered at all: a connection that was idle may be replaced. */
export class ClosedUnanswered extends MeasurementError {}

export interface ConnectionOptions extends Pick<SocketOptions, 'signal' | 'ca'> {
  readonly readBytes?: number
}

const CONNECT_TIMEOUT_MS = 10_000

interface Exchange {
  sentAt: number
  readonly reader: AnswerReader
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
  firstByteMs?: number
  /** Bytes of a head that has not come whole. */
  start: Buffer
  head?: HttpHead
  body?: BodyReader
  sink?: PayloadSink | undefined
  readonly payload: Payload
  /** All of the request is with the socket. */
  sent: boolean
}

/** One HTTP/1.1 connection, made for large bodies: one buffer for all reads, and nothing kept of what comes but its length. */
export class HttpConnection {
  readonly origin: string
  readonly handshake: Handshake
  readonly #socket: Socket
  readonly #gathers: boolean
  #exchange: Exchange | undefined
  #usable = true

  /** @throws MeasurementError `TARGET_UNREACHABLE`, `TLS_FAILED` */
  static async open(url: URL, { readBytes, ...options }: ConnectionOptions): Promise<HttpConnection> {
    const buffer = sharedReadBuffer(readBytes)
    let connection: HttpConnection | undefined
    const callback = (length: number): boolean => {
      connection?.received(buffer, length)
      return true
    }
    const openedAt = performance.now()
    let connectedAt = openedAt
    const onConnect = (): void => {
      connectedAt = performance.now()
    }
    const socket = await openSocket(url, { ...options, timeoutMs: CONNECT_TIMEOUT_MS, onread: { buffer, callback }, onConnect })
    const readyAt = performance.now()
    const tls = url.protocol === 'https:' ? { tlsMs: readyAt - connectedAt } : {}
    connection = new HttpConnection(socket, url, { connectMs: readyAt - openedAt, ...tls })
    return connection
  }

  private constructor(socket: Socket, url: URL, handshake: Handshake) {
    this.#socket = socket
    this.origin = url.origin
    this.handshake = handshake
    this.#gathers = url.protocol === 'http:'
    socket.once('end', () => this.#ended('by the server'))
    socket.once('close', () => this.#ended('by a reset'))
  }

  /** Whether it can carry another request, as far as this side knows. */
  get usable(): boolean {
    return this.#usable && this.#exchange === undefined
  }

  /**
   * Sends a request and reads its answer.
   * @throws MeasurementError `HTTP_MALFORMED`, `CONNECTION_CLOSED`, and what the reader throws
   */
  exchange(request: string, reader: AnswerReader, payload: Payload = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = payload.body === undefined
      const exchange: Exchange = { sentAt: performance.now(), reader, resolve, reject, start: Buffer.alloc(0), payload, sent }
      this.#exchange = exchange
      if (!this.#usable) this.#ended('by the server')
      else this.#socket.write(request)
      if (payload.body !== undefined) void this.#sendBody(exchange, payload.body)
    })
  }

  /** Two pieces are with the socket at a time; nothing more is sent once the answer is there. */
  async #sendBody(exchange: Exchange, body: Iterable<Uint8Array>): Promise<void> {
    let before: Promise<void> | undefined
    for (const piece of body) {
      if (this.#exchange !== exchange) return
      // Not at once: while the peer keeps up, every write is accepted at once, and timers and other sockets would never run.
      const accepted = new Promise<void>((resolve) => {
        this.#socket.write(piece, (error) => {
          if (!error && this.#exchange === exchange) exchange.payload.sent?.(piece.length)
          setImmediate(resolve)
        })
      })
      await before
      before = accepted
    }
    exchange.sent = true
    await before
    // What is waited for from here on is the server's own time.
    exchange.sentAt = performance.now()
  }

  close(): void {
    this.#ended('by this side')
  }

  /** Called for each read. */
  received(buffer: Buffer, length: number): void {
    const exchange = this.#exchange
    // Nobody asked for it: a server that is about to close.
    if (exchange === undefined) {
      this.close()
      return
    }
    try {
      if (exchange.body === undefined) this.#readHead(exchange, buffer.subarray(0, length))
      else this.#readBody(exchange, exchange.body, buffer, 0, length)
    } catch (error) {
      this.#fail(error)
    }
    if (this.#gathers && exchange === this.#exchange && (exchange.body?.aheadBytes ?? 0) >= buffer.length) gather(length, buffer)
  }

  #readHead(exchange: Exchange, received: Buffer): void {
    exchange.firstByteMs ??= performance.now() - exchange.sentAt
    const bytes = Buffer.concat([exchange.start, received])
    const found = findHead(bytes)
    exchange.start = bytes
    if (found === undefined) return
    exchange.start = Buffer.alloc(0)
    exchange.head = found.head
    exchange.body = new BodyReader(found.head.framing, exchange.payload.take)
    exchange.sink = exchange.reader(found.head, bytes.subarray(found.bodyFrom), exchange.firstByteMs)
    if (exchange.sink === undefined && !exchange.body.complete) this.#finish(exchange, found.head, false)
    else this.#readBody(exchange, exchange.body, bytes, found.bodyFrom, bytes.length)
  }

  #readBody(exchange: Exchange, body: BodyReader, bytes: Uint8Array, from: number, to: number): void {
    const before = body.payloadBytes
    const end = body.take(bytes, from, to)
    if (body.payloadBytes > before) exchange.sink?.(body.payloadBytes - before)
    // What follows the end belongs to no answer.
    if (body.complete && exchange.head !== undefined) this.#finish(exchange, exchange.head, exchange.head.keepAlive && end === to)
  }

  #finish(exchange: Exchange, head: HttpHead, keep: boolean): void {
    if (this.#exchange !== exchange) return
    this.#exchange = undefined
    if (!keep || !exchange.sent) this.close()
    exchange.resolve({ head, payloadBytes: exchange.body?.payloadBytes ?? 0 })
  }

  #ended(how: string): void {
    this.#usable = false
    const exchange = this.#exchange
    const { head, body } = exchange ?? {}
    if (how === 'by the server') body?.end()
    if (exchange !== undefined && head !== undefined && body?.complete) this.#finish(exchange, head, false)
    else this.#fail(exchange && this.#closedEarly(exchange, how))
  }

  #fail(error: unknown): void {
    this.#usable = false
    this.#socket.destroy()
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.reject(error)
  }

  #closedEarly({ firstByteMs, head, body }: Exchange, how: string): MeasurementError {
    const detail = { hint: 'See whether the server still runs, and whether it limits time or bytes of an answer.' }
    const closed = `The connection to ${this.origin} was closed ${how}`
    if (firstByteMs === undefined) return new ClosedUnanswered('CONNECTION_CLOSED', `${closed}, without an answer.`, detail)
    const { payloadBytes = 0, aheadBytes = Number.POSITIVE_INFINITY } = body ?? {}
    const missing = Number.isFinite(aheadBytes) ? `, ${aheadBytes} bytes early` : ''
    const where = head === undefined ? 'in the head of its answer' : `after ${payloadBytes} bytes of a body${missing}`
    return new MeasurementError('CONNECTION_CLOSED', `${closed}, ${where}.`, detail)
  }
}
