import type { Socket } from 'node:net'
import { MeasurementError } from '../model/errors.ts'
import { type MonotonicMs, monotonicNow } from '../model/units.ts'
import { type HttpResponse, parseResponse } from './http-response.ts'
import { openSocket } from './open-socket.ts'
import { parseJson } from './parse-json.ts'
import { within } from './within.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with `/`; already percent-encoded. */
  readonly path: string
  /** Beside the usual ones; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** From the call to the end of the answer. Default 10 000. */
  readonly timeoutMs?: number
}

/** An answer and when it went out and came back, on the monotonic clock. */
export interface TimedResponse extends HttpResponse {
  readonly sentAt: MonotonicMs
  readonly receivedAt: MonotonicMs
}

/** One keep-alive connection to one origin, one request at a time. */
export interface HttpClient {
  /**
   * @throws MeasurementError `TARGET_UNREACHABLE`, `TLS_FAILED`, `TARGET_REFUSED` (401, 403), the target's own code or `TARGET_ERROR` (any other status but 2xx), `CONNECTION_CLOSED`,
   * `HTTP_TIMEOUT`, `HTTP_MALFORMED`, `HTTP_TOO_LONG`; the signal's reason when it is aborted
   */
  request(request: HttpRequest): Promise<TimedResponse>
  close(): void
}

export interface HttpClientOptions {
  /** `http(s)://host:port`. */
  readonly origin: string
  /** Bearer token. */
  readonly token?: string
  readonly signal: AbortSignal
}

const DEFAULT_TIMEOUT_MS = 10_000

/** HTTP/1.1 on a bare socket: `node:http` costs 25 ms of CPU and 14 MiB, more than all the rest of the agent. */
export function createHttpClient({ origin, token, signal }: HttpClientOptions): HttpClient {
  const url = new URL(origin)
  let socket: Socket | undefined
  const close = () => {
    socket?.destroy()
    socket = undefined
  }
  const attempt = async (request: HttpRequest, deadline: AbortSignal): Promise<TimedResponse> => {
    socket ??= await within(deadline, openSocket(url, { signal: deadline }))
    const response = await within(deadline, exchange(socket, encodeRequest(url, token, request)))
    if (!response.keepAlive) close()
    return response
  }
  return {
    async request(request) {
      const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
      const controller = new AbortController()
      const abort = () => controller.abort(signal.reason)
      const timer = setTimeout(() => controller.abort(timedOut(url, request, timeoutMs)), timeoutMs)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      try {
        if (socket?.destroyed || socket?.readableEnded) close()
        const reused = socket !== undefined
        const response = await attempt(request, controller.signal).catch((error: unknown) => {
          close()
          // A server may close an idle connection at the moment of the request: once more, on a new one.
          if (reused && isClosedUnanswered(error)) return attempt(request, controller.signal)
          throw error
        })
        return checkStatus(response, url, request)
      } catch (error) {
        close()
        throw error
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
    },
    close,
  }
}

function encodeRequest(url: URL, token: string | undefined, { method, path, headers = {}, body }: HttpRequest): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${url.host}`]
  if (token !== undefined) lines.push(`authorization: Bearer ${token}`)
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`)
  return `${lines.join('\r\n')}\r\n\r\n${text}`
}

class ClosedUnanswered extends MeasurementError {}
const isClosedUnanswered = (error: unknown): boolean => error instanceof ClosedUnanswered

function exchange(socket: Socket, request: string): Promise<TimedResponse> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let receivedAt: MonotonicMs | undefined
    const settle = (ended: boolean) => {
      const response = length > 0 ? parseResponse(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), ended) : undefined
      if (response !== undefined) done(() => resolve({ ...response, sentAt, receivedAt: receivedAt ?? monotonicNow() }))
      else if (ended) done(() => reject(closedEarly(length)))
    }
    const guarded = (ended: boolean) => {
      try {
        settle(ended)
      } catch (error) {
        done(() => reject(error))
      }
    }
    const onData = (chunk: Buffer) => {
      receivedAt ??= monotonicNow()
      chunks.push(chunk)
      length += chunk.length
      guarded(false)
    }
    const onEnd = () => guarded(true)
    const done = (settled: () => void) => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd)
      settled()
    }
    socket.on('data', onData).on('end', onEnd).on('close', onEnd)
    const sentAt = monotonicNow()
    socket.write(request)
    if (socket.destroyed) onEnd()
  })
}

function closedEarly(bytes: number): MeasurementError {
  const detail = { hint: 'See whether the target still runs.' }
  if (bytes > 0)
    return new MeasurementError('CONNECTION_CLOSED', `The target closed the connection after ${bytes} bytes of its answer.`, detail)
  return new ClosedUnanswered('CONNECTION_CLOSED', 'The target closed the connection without an answer.', detail)
}

function timedOut(url: URL, { method, path }: HttpRequest, timeoutMs: number): MeasurementError {
  return new MeasurementError('HTTP_TIMEOUT', `${method} ${url.origin}${path}: no answer within ${timeoutMs} ms.`, {
    hint: 'See whether the target is overloaded or the path to it is blocked.',
  })
}

function checkStatus(response: TimedResponse, url: URL, { method, path }: HttpRequest): TimedResponse {
  const { status, body } = response
  if (status >= 200 && status < 300) return response
  const what = `${method} ${url.origin}${path} gave status ${status}`
  if (status === 401 || status === 403)
    throw new MeasurementError('TARGET_REFUSED', `${what}: the target's token is missing or wrong.`, {
      hint: 'Give the token that `netfair serve` printed as `token` of the target.',
    })
  const { code, message } = (parseJson(body) as { error?: { code?: unknown; message?: unknown } } | null | undefined)?.error ?? {}
  throw new MeasurementError(typeof code === 'string' ? code : 'TARGET_ERROR', `${what}: ${String(message ?? body).slice(0, 200)}`, {
    hint: 'See what the target says.',
  })
}
