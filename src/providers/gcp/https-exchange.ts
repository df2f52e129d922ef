import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, request } from 'node:https'

export interface Exchange {
  readonly method: 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly sockets: Agent
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One request and its whole answer, whatever its status; nothing is sent twice. */
export function exchange(url: string, { method, headers, body, sockets, signal }: Exchange): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, agent: sockets, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }
    const sent = request(url, signal === undefined ? options : { ...options, signal }, (response) => {
      const parts: Buffer[] = []
      response
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }))
        .on('error', reject)
    })
    sent.on('error', reject).end(body)
  })
}
