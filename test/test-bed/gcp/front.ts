import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { type Server as RpcServer, ServerCredentials } from '@grpc/grpc-js'
import type { Certificates } from '../certificates.ts'

/** One port for all: gRPC where the client speaks HTTP/2, the rest where it speaks HTTP/1.1. */
export class Front {
  readonly #tls: TlsServer
  readonly #sockets = new Set<Socket>()
  #http: HttpServer | undefined
  #rpc: RpcServer | undefined
  #injector: ReturnType<RpcServer['createConnectionInjector']> | undefined

  private constructor(tls: TlsServer) {
    this.#tls = tls
  }

  static async listen({ cert, key }: Certificates): Promise<Front> {
    const front = new Front(createTlsServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => front.#admit(socket)))
    front.#tls.on('connection', (socket: Socket) => front.#watch(socket))
    front.#tls.listen(0, '127.0.0.1')
    await once(front.#tls, 'listening')
    return front
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#tls.address() as AddressInfo).port}`
  }

  serve(rpc: RpcServer, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
    this.#rpc = rpc
    this.#injector = rpc.createConnectionInjector(ServerCredentials.createInsecure())
    this.#http = createHttpServer({ keepAliveTimeout: 60_000 }, handle)
  }

  async close(): Promise<void> {
    this.#tls.close()
    this.#injector?.destroy()
    this.#rpc?.forceShutdown()
    this.#http?.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#tls, 'close')
  }

  #admit(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy())
    if (socket.alpnProtocol === 'h2') this.#injector?.injectConnection(socket)
    else this.#http?.emit('connection', socket)
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
