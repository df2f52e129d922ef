import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Invocation } from './execution-environment.ts'

/** A runtime's answer to an invocation, or to its own start. */
export interface RuntimeAnswer {
  readonly payload: Uint8Array
  /** Absent for a response. */
  readonly errorType?: string
}

export interface RuntimeListener {
  /** The runtime is ready for the next invocation. */
  ready(give: (invocation: Invocation) => void): void
  answered(answer: RuntimeAnswer): void
  /** The most memory that its process has had, in kB. */
  memory(kb: number): void
}

/** Payload and what comes around it. */
export const MAX_RESPONSE_BYTES = 6_291_556
const BASE = '/2018-06-01/runtime'

/** The Runtime API of one execution environment, on a Unix socket. */
export class RuntimeApi {
  readonly #server: Server
  readonly #listener: RuntimeListener

  constructor(listener: RuntimeListener) {
    this.#listener = listener
    this.#server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => this.#server.once('error', reject).listen(path, resolve))
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request
    this.#listener.memory(Number(headers['netfair-bed-memory-kb'] ?? 0))
    if (method === 'GET' && url === `${BASE}/invocation/next`) return this.#listener.ready((invocation) => deliver(invocation, response))
    const payload = Buffer.concat(await request.toArray())
    const errorType = String(headers['lambda-runtime-function-error-type'] ?? errorTypeIn(payload))
    if (method === 'POST' && url === `${BASE}/init/error`) this.#listener.answered({ payload, errorType })
    else if (method === 'POST' && /\/invocation\/[^/]+\/error$/.test(url)) this.#listener.answered({ payload, errorType })
    else if (method === 'POST' && /\/invocation\/[^/]+\/response$/.test(url)) {
      if (payload.byteLength > MAX_RESPONSE_BYTES) {
        this.#listener.answered(tooLarge())
        return end(response, 413, { errorMessage: 'Exceeded maximum allowed payload size', errorType: 'RequestEntityTooLarge' })
      }
      this.#listener.answered({ payload })
    } else return end(response, 404, { errorMessage: `no such resource: ${method} ${url}`, errorType: 'InvalidResource' })
    end(response, 202, { status: 'OK' })
  }
}

function errorTypeIn(payload: Uint8Array): string {
  return /"errorType":"([^"]+)"/.exec(Buffer.from(payload).toString())?.[1] ?? 'Runtime.Unknown'
}

function deliver({ payload, requestId, arn, deadlineMs }: Invocation, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': payload.byteLength,
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': String(deadlineMs()),
    'lambda-runtime-invoked-function-arn': arn,
    'lambda-runtime-trace-id': `Root=1-00000000-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
  })
  response.end(payload)
}

function tooLarge(): RuntimeAnswer {
  const errorType = 'Function.ResponseSizeTooLarge'
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), errorType }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
