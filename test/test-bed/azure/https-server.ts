import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificates } from '../certificates.ts'
import type { Answer } from './answer.ts'

/** A request as the bed's servers see it. */
export interface Call {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Aborted when the client is gone before it got its answer. */
  readonly gone: AbortSignal
}

/** Answers a call; `drop` closes the connection without an answer. */
export type Handler = (call: Call) => Promise<Answer | 'drop'>

export interface Listener extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string
}

/** Starts an HTTPS server on a free port of loopback. */
export async function listen({ cert, key }: Certificates, handler: Handler): Promise<Listener> {
  const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => void serve(request, response, handler))
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = 'GET', url = '/' } = request
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const call = { method, headers, body: Buffer.concat(chunks), gone: gone.signal }
    const answer = await handler({ ...call, url: new URL(url, `https://${headers['host'] ?? 'localhost'}`) })
    if (answer === 'drop') request.socket.destroy()
    else send(response, answer)
  } catch (error) {
    if (!response.headersSent && !response.destroyed)
      send(response, { status: 500, body: { error: { code: 'BedError', message: String(error) } } })
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  if (response.destroyed) return
  const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const bytes = plain ? (body ?? '') : JSON.stringify(body)
  response.writeHead(status, { ...(!plain && { 'content-type': 'application/json; charset=utf-8' }), ...headers }).end(bytes)
}
