import { randomFillSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TargetLimits } from '../limits.ts'
import type { Traffic } from '../traffic.ts'
import { failure, reply } from './reply.ts'

/** What every download is made of; random, so that nothing on the way can compress it. */
const source = randomFillSync(Buffer.allocUnsafeSlow(1 << 20))

export interface BulkContext {
  readonly limits: TargetLimits
  readonly traffic: Traffic
}

/** `GET /bytes?n=`: so many bytes. A client that takes none for `waitMs` is dropped. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  { limits, traffic }: BulkContext,
): void {
  const text = query.get('n') ?? ''
  const n = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(n <= limits.bytes)) {
    reply(response, failure(400, 'INVALID_VALUE', `n must be a whole number from 0 to ${limits.bytes}, got "${text.slice(0, 40)}".`))
    return
  }
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': n, 'Cache-Control': 'no-store' })
  dropWhenIdle(request, limits.waitMs)
  let left = n
  const send = (): void => {
    while (left > 0 && !response.destroyed) {
      const chunk = left >= source.length ? source : source.subarray(0, left)
      left -= chunk.length
      traffic.sentBytes += chunk.length
      if (!response.write(chunk)) return void response.once('drain', send)
    }
    if (left === 0) response.end()
  }
  send()
}

/** `POST /sink`: takes all that comes and says how much it was. */
export function sinkBytes(request: IncomingMessage, response: ServerResponse, { limits, traffic }: BulkContext): void {
  let bytes = 0
  dropWhenIdle(request, limits.waitMs)
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    traffic.receivedBytes += chunk.length
    if (bytes <= limits.bytes || response.headersSent) return
    reply(response, failure(413, 'BODY_TOO_LARGE', `The body is longer than ${limits.bytes} bytes.`), { Connection: 'close' })
  })
  request.once('end', () => {
    if (!response.headersSent) reply(response, { status: 200, body: { bytes } })
  })
}

/** Node's server closes connections whose time is over, and sets the keep-alive time when the response is done. */
function dropWhenIdle(request: IncomingMessage, waitMs: number): void {
  request.socket.setTimeout(waitMs)
}
