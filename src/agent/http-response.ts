import { MeasurementError } from '../model/errors.ts'
import { type Framing, findHead, HEAD_END, MAX_HEAD_BYTES, malformed } from './http-head.ts'

/** An answer with all of its body. Header names in lower case. */
export interface HttpResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Whether the connection can carry another request. */
  readonly keepAlive: boolean
}

const CHUNK_SIZE = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?$/

/** Longest answer that is read, head and body together. */
export const MAX_RESPONSE_BYTES: number = 64 * 1024

/**
 * Reads one small HTTP/1.1 answer out of the bytes received so far (RFC 9112): by Content-Length, chunked, or up to the close.
 *
 * @param bytes - all that was received since the request
 * @param ended - whether the server has closed its side
 * @returns undefined while bytes are missing
 * @throws MeasurementError `HTTP_MALFORMED`, `HTTP_TOO_LONG`
 */
export function parseResponse(bytes: Buffer, ended: boolean): HttpResponse | undefined {
  if (bytes.length > MAX_RESPONSE_BYTES) throw tooLong()
  const found = findHead(bytes)
  if (found === undefined) return undefined
  const { status, headers, framing, keepAlive } = found.head
  const body = parseBody(bytes.subarray(found.bodyFrom), framing, ended)
  return body === undefined ? undefined : { status, headers, body, keepAlive }
}

function parseBody(rest: Buffer, framing: Framing, ended: boolean): string | undefined {
  if (framing.kind === 'close') return ended ? rest.toString() : undefined
  if (framing.kind === 'chunked') return parseChunks(rest)
  if (framing.bytes > MAX_RESPONSE_BYTES) throw tooLong()
  if (rest.length > framing.bytes) throw malformed(`${rest.length - framing.bytes} bytes after its end`)
  return rest.length === framing.bytes ? rest.toString() : undefined
}

function parseChunks(rest: Buffer): string | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0 ? rest.length - at > 256 : lineEnd - at > 256) throw malformed('size line of a chunk is too long')
    if (lineEnd < 0) return undefined
    const size = CHUNK_SIZE.exec(rest.toString('latin1', at, lineEnd))?.[1]
    if (size === undefined) throw malformed(`size of a chunk ${JSON.stringify(rest.toString('latin1', at, lineEnd).slice(0, 80))}`)
    const length = Number.parseInt(size, 16)
    at = lineEnd + 2
    if (length === 0) break
    if (at + length > MAX_RESPONSE_BYTES) throw tooLong()
    if (rest.length < at + length + 2) return undefined
    if (rest.toString('latin1', at + length, at + length + 2) !== '\r\n') throw malformed('no line break after a chunk')
    chunks.push(rest.subarray(at, at + length))
    at += length + 2
  }
  const text = Buffer.concat(chunks).toString()
  return trailersEnd(rest.subarray(at)) ? text : undefined
}

/** Whether the (ignored) trailers and the empty line after them are complete. */
function trailersEnd(rest: Buffer): boolean {
  const end = rest.toString('latin1', 0, 2) === '\r\n' ? 2 : rest.indexOf(HEAD_END) + HEAD_END.length
  if (end < HEAD_END.length && end !== 2) {
    if (rest.length > MAX_HEAD_BYTES) throw malformed(`trailers longer than ${MAX_HEAD_BYTES} bytes`)
    return false
  }
  if (rest.length > end) throw malformed(`${rest.length - end} bytes after its end`)
  return true
}

function tooLong(): MeasurementError {
  return new MeasurementError('HTTP_TOO_LONG', `The answer is longer than ${MAX_RESPONSE_BYTES} bytes.`, {
    hint: "Check that the target's HTTP address is that of `netfair serve`.",
  })
}
