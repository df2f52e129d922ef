import type { ClientRequest } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import type { TestEndpoint } from '../cloud/test-endpoint.ts'

export interface HttpsRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly signal?: AbortSignal
}

export interface HttpsAnswer {
  readonly status: number
  readonly text: string
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs?: number
}

/** HTTPS without retries and redirects: what was sent was sent once. */
export interface HttpsClient {
  /** @throws Error of Node where there is no answer, or when the signal is aborted */
  send(request: HttpsRequest): Promise<HttpsAnswer>
  /** As `send`, but where there is no answer the status is 0: names and hosts that were just made are not known at once. */
  ask(request: HttpsRequest): Promise<HttpsAnswer>
}

/** Worth asking again: no answer, too many requests, or trouble on the other side. */
export const isPassing = (status: number): boolean => status === 0 || status === 429 || status >= 500

/** Unused connections end before the other side ends them: a request that meets a closing one would be lost. */
const IDLE_MS = 60_000

/** Connections are kept for the next request. With a test endpoint all lead there, under the name that was asked for. */
export function createHttpsClient(endpoint?: TestEndpoint): HttpsClient {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, ...(endpoint?.ca !== undefined && { ca: endpoint.ca }) })
  const sendOnce = (asked: HttpsRequest): Promise<HttpsAnswer> => send({ ...placeOf(new URL(asked.url), endpoint), agent }, asked)
  return {
    send: sendOnce,
    ask: (asked) =>
      sendOnce(asked).catch((error: NodeJS.ErrnoException) => {
        asked.signal?.throwIfAborted()
        return { status: 0, text: error.code ?? error.message }
      }),
  }
}

interface Place extends RequestOptions {
  /** As which it is asked. */
  readonly name: string
}

/** A test bed answers for names that no resolver knows. */
function placeOf({ hostname, port, host: name, pathname, search }: URL, endpoint: TestEndpoint | undefined): Place {
  const path = pathname + search
  if (endpoint === undefined || hostname === '127.0.0.1') return { name, hostname, port: port || 443, path }
  const bed = new URL(endpoint.url)
  return { name, hostname: bed.hostname, port: bed.port || 443, path, servername: '' }
}

function send(place: Place, { method, headers, body = '', signal }: HttpsRequest): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const named = { host: place.name, 'content-length': String(Buffer.byteLength(body)), ...headers }
    const sent = request({ ...place, method, headers: named }, (response) => {
      const chunks: Buffer[] = []
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const seconds = Number(response.headers['retry-after'] ?? Number.NaN)
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, text, ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }) })
        })
    })
    sent.on('error', reject).end(body)
    if (signal !== undefined) endWith(signal, sent)
  })
}

/** As the option `signal` of a request, at a fraction of its cost. */
function endWith(signal: AbortSignal, sent: ClientRequest): void {
  const abort = (): void => void sent.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  sent.once('close', () => signal.removeEventListener('abort', abort))
}
