import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { StoreLocation } from '../../../src/model/object-store.ts'
import type { Certificates } from '../certificates.ts'

/** Where a server listens, and what it has from the start. */
export interface StorageOptions {
  /** Address. Default 127.0.0.1. */
  readonly host?: string
  /** HTTPS, with a certificate of an authority of its own. */
  readonly tls?: boolean
  /** Bucket or container that is there. Default `netfair-test`. */
  readonly bucket?: string
}

/** A request that came. */
export interface ServedRequest {
  readonly method: string
  /** Without the query, which may be a signature. */
  readonly path: string
}

/** An object store that listens on this machine. */
export interface StorageServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  /** Its bucket, and who vouches for it where it speaks TLS. */
  readonly location: StoreLocation
  /** Credentials, as a user would set them. */
  readonly environment: Readonly<Record<string, string>>
  /** What must show nowhere. */
  readonly secrets: readonly string[]
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** HTTP, or HTTPS where there are certificates, on a free port. */
export async function listen(
  handle: Handler,
  { host = '127.0.0.1', certificates }: { host?: string | undefined; certificates?: Certificates | undefined },
): Promise<Server> {
  const options = { keepAliveTimeout: 60_000, requestTimeout: 0 }
  const server = certificates === undefined ? createServer(options, handle) : createTlsServer({ ...options, ...certificates }, handle)
  server.listen(0, host)
  await once(server, 'listening')
  return server
}

export function originOf(server: Server, certificates: Certificates | undefined): string {
  const { address, port } = server.address() as AddressInfo
  return `${certificates === undefined ? 'http' : 'https'}://${address}:${port}`
}

export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
