import { MeasurementError } from '../model/errors.ts'

/** An answer with all of its body. Header names in lower case. */
export interface HttpResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Whether the connection can carry another request. */
  readonly keepAlive: boolean
}

/** Longest answer that is read, head and body together. */
export const MAX_RESPONSE_BYTES: number = 64 * 1024
const MAX_HEAD_BYTES = 16 * 1024
const HEAD_END = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n]*)?$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/
const CHUNK_SIZE = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?$/

/**
 * Reads one HTTP/1.1 answer out of the bytes received so far (RFC 9112): by Content-Length, chunked, or up to the close.
 *
 * @param bytes - all that was received since the request
 * @param ended - whether the server has closed its side
 * @returns undefined while bytes are missing
 * @throws MeasurementError `HTTP_MALFORMED`, `HTTP_TOO_LONG`
 */
export function parseResponse(bytes: Buffer, ended: boolean): HttpResponse | undefined {
  if (bytes.length > MAX_RESPONSE_BYTES) throw tooLong()
  const start = bytes.toString('latin1', 0, 7)
  if (start !== 'HTTP/1.'.slice(0, start.length)) throw malformed(`begins with ${JSON.stringify(start)} instead of "HTTP/1."`)
  const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(HEAD_END)
  if (end < 0) {
    if (bytes.length >= MAX_HEAD_BYTES) throw malformed(`head longer than ${MAX_HEAD_BYTES} bytes`)
    return undefined
  }
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const match = STATUS_LINE.exec(statusLine)
  if (match === null) throw malformed(`status line ${JSON.stringify(statusLine.slice(0, 80))}`)
  const status = Number(match[2])
  const rest = bytes.subarray(end + HEAD_END.length)
  if (status >= 100 && status < 200 && status !== 101) return rest.length > 0 ? parseResponse(rest, ended) : undefined
  const headers = parseHeaders(lines)
  const body = parseBody(rest, status, headers, ended)
  if (body === undefined) return undefined
  const stays = match[1] === '1' && headers.get('connection')?.toLowerCase() !== 'close' && body.delimited
  return { status, headers, body: body.text, keepAlive: stays }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const match = HEADER.exec(line)
    if (match === null) throw malformed(`header ${JSON.stringify(line.slice(0, 80))}`)
    const name = (match[1] ?? '').toLowerCase()
    const value = match[2] ?? ''
    const before = headers.get(name)
    if (before !== undefined && name === 'content-length' && before !== value) throw malformed('two values of Content-Length')
    headers.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`)
  }
  return headers
}

interface Body {
  readonly text: string
  /** False where only the close says that it is complete. */
  readonly delimited: boolean
}

function parseBody(rest: Buffer, status: number, headers: ReadonlyMap<string, string>, ended: boolean): Body | undefined {
  const encoding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (status === 204 || status === 304) return exactly(rest, 0)
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw malformed(`Transfer-Encoding ${JSON.stringify(encoding.slice(0, 80))}`)
    if (length !== undefined) throw malformed('both Transfer-Encoding and Content-Length')
    return parseChunks(rest)
  }
  if (length !== undefined) {
    if (!/^\d{1,15}$/.test(length)) throw malformed(`Content-Length ${JSON.stringify(length.slice(0, 80))}`)
    return exactly(rest, Number(length))
  }
  return ended ? { text: rest.toString(), delimited: false } : undefined
}

function exactly(rest: Buffer, length: number): Body | undefined {
  if (length > MAX_RESPONSE_BYTES) throw tooLong()
  if (rest.length > length) throw malformed(`${rest.length - length} bytes after its end`)
  return rest.length === length ? { text: rest.toString(), delimited: true } : undefined
}

function parseChunks(rest: Buffer): Body | undefined {
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
  return trailersEnd(rest.subarray(at)) ? { text, delimited: true } : undefined
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

function malformed(what: string): MeasurementError {
  return new MeasurementError('HTTP_MALFORMED', `The answer is no HTTP/1.1: ${what}.`, {
    hint: "Check that the target's HTTP address is that of `netfair serve`.",
  })
}

function tooLong(): MeasurementError {
  return new MeasurementError('HTTP_TOO_LONG', `The answer is longer than ${MAX_RESPONSE_BYTES} bytes.`, {
    hint: "Check that the target's HTTP address is that of `netfair serve`.",
  })
}
