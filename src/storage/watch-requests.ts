import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestObserver } from '../model/object-client.ts'
import type { StoreLocation } from '../model/object-store.ts'

/** A transfer whose requests some SDK makes. */
interface Watched {
  readonly location: StoreLocation
  readonly observer: RequestObserver
  /** How many requests of a name failed and were not sent again yet. */
  readonly failed: Map<string, number>
}

/** Known wherever an SDK makes its requests, however deep. */
const transfers = new AsyncLocalStorage<Watched>()
let listening = false

/**
 * Tells an observer of all that an SDK sends to the store while it works: requests, which of them are sent again, handshakes, and how long the
 * store took to answer. SDKs do not tell it themselves, or each something else, so it is seen where their requests come to Node.
 */
export function watchRequests<Result>(location: StoreLocation, observer: RequestObserver, work: () => Promise<Result>): Promise<Result> {
  if (!listening) subscribe('http.client.request.created', (message) => created((message as { readonly request: ClientRequest }).request))
  listening = true
  return transfers.run({ location, observer, failed: new Map() }, work)
}

function created(request: ClientRequest): void {
  const watched = transfers.getStore()
  if (watched === undefined || !concerns(request, watched.location)) return
  const { observer, failed } = watched
  const name = `${request.method} ${request.path}`
  const owed = failed.get(name) ?? 0
  if (owed > 0) failed.set(name, owed - 1)
  // All that a resumable upload sends is one request to Google, also on the bill.
  if (owed > 0 || !request.path.includes('upload_id=')) observer.requested(owed > 0)
  let over = false
  const fail = (): void => {
    if (!over) failed.set(name, (failed.get(name) ?? 0) + 1)
    over = true
  }
  const createdAt = performance.now()
  request.once('socket', (socket) => watchHandshake(socket, createdAt, observer))
  request.once('error', fail)
  watchAnswer(request, observer, fail)
}

/** Those for a token go elsewhere. */
const concerns = (request: ClientRequest, { bucket }: StoreLocation): boolean =>
  request.host.startsWith(`${bucket}.`) || `${request.path}/`.replace('?', '/').includes(`/${bucket}/`)

function watchHandshake(socket: Socket & { readonly encrypted?: boolean }, createdAt: number, observer: RequestObserver): void {
  if (!socket.connecting) return
  socket.once('connect', () => {
    const connectedAt = performance.now()
    const connectMs = connectedAt - createdAt
    if (socket.encrypted !== true) observer.connected({ connectMs })
    else
      socket.once('secureConnect', () => {
        const tlsMs = performance.now() - connectedAt
        observer.connected({ connectMs: connectMs + tlsMs, tlsMs })
      })
  })
}

function watchAnswer(request: ClientRequest, observer: RequestObserver, fail: () => void): void {
  let sentAt: number | undefined
  request.once('finish', () => {
    sentAt = performance.now()
  })
  request.once('response', (answer: IncomingMessage) => {
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300 && sentAt !== undefined) observer.answered(performance.now() - sentAt)
    // Too many requests, and servers that are busy or broken.
    if (statusCode === 408 || statusCode === 429 || statusCode >= 500) fail()
    const ended = (): void => {
      if (!answer.complete) fail()
    }
    answer.once('aborted', ended).once('close', ended)
  })
}
