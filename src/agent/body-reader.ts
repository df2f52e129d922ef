import { type Framing, MAX_HEAD_BYTES, malformed } from './http-head.ts'

const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n]*)?$/
const MAX_SIZE_LINE_BYTES = 256
const NO_BREAK = 'no line break after a chunk'
const LF = 10

/** Reads one body piece by piece, however it was cut on the way: knows how much of it is payload, and where it ends. */
export class BodyReader {
  /** Payload so far: without the framing of chunks. */
  payloadBytes = 0
  complete = false
  /** Bytes of the body that are sure to follow; infinite where the end is not known yet. */
  aheadBytes: number
  readonly #kind: Framing['kind']
  #part: 'size' | 'data' | 'data-end' | 'trailers' = 'size'
  #chunkLeft = 0
  #line = ''
  #trailerBytes = 0

  readonly #payload: ((piece: Uint8Array) => void) | undefined

  /** @param payload - takes the payload itself, where somebody wants it */
  constructor(framing: Framing, payload?: (piece: Uint8Array) => void) {
    this.#payload = payload
    this.#kind = framing.kind
    this.aheadBytes = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY
    if (this.aheadBytes === 0) this.complete = true
  }

  /**
   * Takes `bytes[from … to)`.
   * @returns where the body ends in them; `to` where it goes on
   * @throws MeasurementError `HTTP_MALFORMED`
   */
  take(bytes: Uint8Array, from: number, to: number): number {
    if (this.complete) return from
    if (this.#kind === 'chunked') return this.#takeChunks(bytes, from, to)
    const length = Math.min(to - from, this.aheadBytes)
    this.payloadBytes += length
    this.aheadBytes -= length
    this.#payload?.(bytes.subarray(from, from + length))
    if (this.aheadBytes === 0) this.complete = true
    return from + length
  }

  /** The peer has closed its side: the end of a body that has no other. */
  end(): void {
    if (this.#kind === 'close') this.#finish()
  }

  #finish(): void {
    this.complete = true
    this.aheadBytes = 0
  }

  #takeChunks(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to && !this.complete) at = this.#part === 'data' ? this.#takeData(bytes, at, to) : this.#takeLine(bytes, at, to)
    return at
  }

  #takeData(bytes: Uint8Array, from: number, to: number): number {
    const length = Math.min(to - from, this.#chunkLeft)
    this.#payload?.(bytes.subarray(from, from + length))
    this.payloadBytes += length
    this.#chunkLeft -= length
    if (this.#chunkLeft === 0) this.#part = 'data-end'
    return from + length
  }

  #takeLine(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number
      if (byte === LF) {
        this.#endLine()
        return at + 1
      }
      this.#line += String.fromCharCode(byte)
      if (this.#line.length > this.#longestLine())
        throw malformed(this.#part === 'data-end' ? NO_BREAK : 'a line of its chunks is too long')
    }
    return to
  }

  #longestLine(): number {
    if (this.#part === 'data-end') return 1
    return this.#part === 'size' ? MAX_SIZE_LINE_BYTES : MAX_HEAD_BYTES - this.#trailerBytes
  }

  #endLine(): void {
    if (!this.#line.endsWith('\r')) throw malformed(`a line of its chunks does not end in CR LF: ${shown(this.#line)}`)
    const line = this.#line.slice(0, -1)
    this.#line = ''
    if (this.#part === 'trailers') {
      this.#trailerBytes += line.length + 2
      if (line === '') this.#finish()
    } else if (this.#part === 'data-end') {
      if (line !== '') throw malformed(NO_BREAK)
      this.#part = 'size'
    } else {
      const size = CHUNK_SIZE.exec(line)?.[1]
      if (size === undefined) throw malformed(`size of a chunk ${shown(line)}`)
      this.#chunkLeft = Number.parseInt(size, 16)
      this.#part = this.#chunkLeft === 0 ? 'trailers' : 'data'
    }
  }
}

const shown = (line: string): string => JSON.stringify(line.slice(0, 80))
