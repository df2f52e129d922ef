import { MeasurementError } from '../model/errors.ts'

/** How the end of a body is told (RFC 9112, section 6). */
export type Framing = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' } | { readonly kind: 'close' }

/** What comes before the body. Header names in lower case. */
export interface HttpHead {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly framing: Framing
  /** Whether the connection can carry another request when the body is complete. */
  readonly keepAlive: boolean
}

export const HEAD_END = '\r\n\r\n'
export const MAX_HEAD_BYTES: number = 16 * 1024
const PROTOCOL = 'HTTP/1.'
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n]*)?$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/

/** A head and where its body begins. */
export interface FoundHead {
  readonly head: HttpHead
  readonly bodyFrom: number
}

/**
 * Reads the head of an HTTP/1.1 answer out of the bytes received so far (RFC 9112); interim answers (1xx) are passed over.
 * @returns undefined while bytes are missing
 * @throws MeasurementError `HTTP_MALFORMED`
 */
export function findHead(bytes: Buffer, from = 0): FoundHead | undefined {
  const start = bytes.toString('latin1', from, from + PROTOCOL.length)
  if (start !== PROTOCOL.slice(0, start.length)) throw malformed(`begins with ${JSON.stringify(start)} instead of "${PROTOCOL}"`)
  const end = bytes.subarray(0, from + MAX_HEAD_BYTES).indexOf(HEAD_END, from)
  if (end < 0) {
    if (bytes.length - from >= MAX_HEAD_BYTES) throw malformed(`head longer than ${MAX_HEAD_BYTES} bytes`)
    return undefined
  }
  const head = parseHead(bytes.toString('latin1', from, end))
  const bodyFrom = end + HEAD_END.length
  if (head.status >= 100 && head.status < 200 && head.status !== 101) {
    if (bodyFrom >= MAX_HEAD_BYTES) throw malformed(`more than ${MAX_HEAD_BYTES} bytes of interim answers`)
    return bodyFrom < bytes.length ? findHead(bytes, bodyFrom) : undefined
  }
  return { head, bodyFrom }
}

function parseHead(text: string): HttpHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const match = STATUS_LINE.exec(statusLine)
  if (match === null) throw malformed(`status line ${JSON.stringify(statusLine.slice(0, 80))}`)
  const status = Number(match[2])
  const headers = parseHeaders(lines)
  const framing = framingOf(status, headers)
  const closes = (headers.get('connection') ?? '')
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/)
    .includes('close')
  return { status, headers, framing, keepAlive: match[1] === '1' && !closes && framing.kind !== 'close' }
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

function framingOf(status: number, headers: ReadonlyMap<string, string>): Framing {
  const encoding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 }
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw malformed(`Transfer-Encoding ${JSON.stringify(encoding.slice(0, 80))}`)
    if (length !== undefined) throw malformed('both Transfer-Encoding and Content-Length')
    return { kind: 'chunked' }
  }
  if (length === undefined) return { kind: 'close' }
  if (!/^\d{1,15}$/.test(length)) throw malformed(`Content-Length ${JSON.stringify(length.slice(0, 80))}`)
  return { kind: 'length', bytes: Number(length) }
}

/** The peer does not speak HTTP/1.1, or not well. */
export function malformed(what: string): MeasurementError {
  return new MeasurementError('HTTP_MALFORMED', `The answer is no HTTP/1.1: ${what}.`, {
    hint: 'Check that the address is that of an HTTP server: for a target, the one that `netfair serve` prints.',
  })
}
