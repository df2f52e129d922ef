import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Flow } from './flow.ts'
import type { Source } from './turns.ts'

export const LOOPBACK = '127.0.0.1'

/** A function's way to an uplink, for each direction. */
export interface Ways {
  readonly download: (connection: Source) => void
  readonly upload: (connection: Source) => void
}

/** A loopback port whose connections go on to another one by way of an uplink, with half-closes and resets. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #toPort: number
  readonly #ways: Ways

  private constructor(toPort: number, ways: Ways) {
    this.#toPort = toPort
    this.#ways = ways
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Listens on a free port. */
  static async listen(toPort: number, ways: Ways): Promise<Relay> {
    const relay = new Relay(toPort, ways)
    const server = relay.#server.listen({ host: LOOPBACK, port: 0, backlog: 1024 })
    await once(server, 'listening')
    server.on('error', () => {}) // an accept may fail for a moment, for example without a free file descriptor
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Stops listening and ends all its connections. */
  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    const server = connect({ host: LOOPBACK, port: this.#toPort, allowHalfOpen: true, noDelay: true })
    this.#tie(client, server)
    this.#tie(server, client)
    new Flow(client, server, this.#ways.upload)
    new Flow(server, client, this.#ways.download)
  }

  /** When a socket breaks, its peer is reset; when it ends well, its flow has told the peer. */
  #tie(socket: Socket, peer: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {
      if (!peer.destroyed) peer.resetAndDestroy()
    })
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
