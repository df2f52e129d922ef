import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** A TCP server that does with each connection what the test says, in the order of arrival. */
export async function scriptedServer(
  ...scripts: readonly ((socket: Socket) => void)[]
): Promise<AsyncDisposable & { readonly address: string; readonly connections: readonly Socket[] }> {
  const connections: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    scripts[connections.length]?.(socket)
    connections.push(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    address: `127.0.0.1:${address.port}`,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
