import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** What one request looked like. */
export interface SeenRequest {
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  /** Which connection it came on, from 0. */
  readonly connection: number
}

/** A server that writes whatever a test wants as its answers, however wrong. */
export interface ScriptedHttp extends AsyncDisposable {
  readonly origin: string
  readonly requests: readonly SeenRequest[]
  readonly sockets: readonly Socket[]
}

/** @param answer - writes to the socket; the number counts the requests from 0 */
export async function scriptedHttp(answer: (socket: Socket, request: SeenRequest, index: number) => void): Promise<ScriptedHttp> {
  const sockets: Socket[] = []
  const requests: SeenRequest[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = sockets.push(socket) - 1
    let text = ''
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = parse(text.slice(0, end), connection)
        text = text.slice(end + 4)
        answer(socket, request, requests.push(request) - 1)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    requests,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function parse(head: string, connection: number): SeenRequest {
  const [requestLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { path: requestLine.split(' ')[1] ?? '', headers: new Map(headers), connection }
}

/** An answer with a body of that length. */
export const ok = (bytes: number, ...headers: readonly string[]): string =>
  `${['HTTP/1.1 200 OK', `Content-Length: ${bytes}`, ...headers].join('\r\n')}\r\n\r\n${'x'.repeat(bytes)}`
