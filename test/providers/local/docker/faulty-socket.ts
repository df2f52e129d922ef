import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** A socket in front of a daemon's: everything goes through, but requests that match are refused. */
export async function faultySocket(socket: string, path: string, isRefused: (request: string) => boolean): Promise<AsyncDisposable> {
  const nameOf = ({ method, url }: IncomingMessage): string => `${method} ${url}`
  const body = JSON.stringify({ message: 'injected' })
  const open = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    if (isRefused(nameOf(incoming))) {
      incoming.resume()
      outgoing.writeHead(500, { 'content-type': 'application/json' }).end(body)
      return
    }
    const { method, url, headers } = incoming
    const forward = request({ socketPath: socket, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    forward.on('error', () => outgoing.destroy())
    incoming.pipe(forward)
  })
  server.on('connection', (connection: Socket) => {
    open.add(connection)
    connection.on('error', () => {}).on('close', () => open.delete(connection))
  })
  server.on('upgrade', (incoming: IncomingMessage, near: Socket, head: Buffer) => {
    if (isRefused(nameOf(incoming))) {
      near.end(`HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      return
    }
    const far = connect({ path: socket, allowHalfOpen: true })
    const lines = incoming.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : []))
    far.write(`${nameOf(incoming)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    far.write(head)
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy()).on('error', () => far.destroy())
    far.on('close', () => near.destroy()).on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const connection of open) connection.destroy()
        server.close(() => resolve())
      }),
  }
}
