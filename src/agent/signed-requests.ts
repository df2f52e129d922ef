import type { GetOptions, Handshake, ObjectClient, PutOptions, RequestObserver } from '../model/object-client.ts'
import type { MovedObject, ObjectWork, SignedRequest } from '../model/object-store.ts'
import { ClosedUnanswered, HttpConnection, type Payload } from './http-connection.ts'
import type { HttpHead } from './http-head.ts'
import { checkBody, refusal, TryAgain, wrongLength } from './object-answer.ts'
import { MAX_REDIRECTS, redirectNotAllowed, redirectOf, tooManyRedirects } from './redirect.ts'
import { sleep } from './within.ts'

export interface SignedRequestsOptions {
  readonly parallel: number
  readonly keepAlive: boolean
  /** Ends every wait; the reason is the error. */
  readonly signal: AbortSignal
  /** Whether a request, or a redirect, may go to an origin. */
  readonly isAllowed: (origin: string) => boolean
  readonly readBytes?: number
}

const MAX_RETRIES = 3
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

/** What is the same for every attempt at one request. */
interface Exchange {
  /** For messages: names the object, not the URL. */
  readonly what: string
  readonly request: SignedRequest
  readonly headers: Readonly<Record<string, string>>
  readonly payload: () => Payload
  readonly observer: RequestObserver
  /** Looks at a success; throws where it is not what was asked for. */
  accept(head: HttpHead): void
}

/**
 * Objects by signed URLs: raw HTTP, no SDK, no credentials.
 *
 * A request is sent again, up to 3 times, where the store refused it (429, 500, 502, 503, 504) or closed the connection without an answer:
 * then no byte of the object has come, so that none can be counted twice. Once a body has begun, whatever breaks it fails the transfer.
 */
export class SignedRequests implements ObjectClient {
  readonly #objects: ReadonlyMap<string, { readonly object: MovedObject; readonly request: SignedRequest }>
  readonly #ca: string | undefined
  readonly #options: SignedRequestsOptions
  /** Connections that wait for a request, by origin. */
  readonly #idle = new Map<string, HttpConnection[]>()
  readonly #open = new Set<HttpConnection>()

  constructor({ objects, requests = [], location }: ObjectWork, options: SignedRequestsOptions) {
    const pairs = objects.flatMap((object, index) => {
      const request = requests[index]
      return request === undefined ? [] : [[object.id, { object, request }] as const]
    })
    this.#objects = new Map(pairs)
    this.#ca = location.ca
    this.#options = options
  }

  async prepare(): Promise<readonly Handshake[]> {
    const [first] = this.#objects.values()
    const { keepAlive, parallel, signal } = this.#options
    if (first === undefined || !keepAlive) return []
    const connections = await Promise.all(Array.from({ length: parallel }, () => this.#connect(new URL(first.request.url), signal)))
    for (const connection of connections) this.#release(connection)
    return connections.map(({ handshake }) => handshake)
  }

  async get(id: string, { range, take }: GetOptions, observer: RequestObserver): Promise<void> {
    const { object, request } = this.#find(id)
    const what = `GET object ${id}`
    const bytes = range === undefined ? object.bytes : range.last - range.first + 1
    const headers = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }
    let came = 0
    let accepted = false
    const payload: Payload = {
      take(piece) {
        if (!accepted) return
        came += piece.length
        if (came > bytes) throw wrongLength(what, came, bytes)
        take(piece)
      },
    }
    const accept = (head: HttpHead): void => {
      checkBody(what, head, bytes, range?.first)
      accepted = true
    }
    await this.#exchange({ what, request, headers, payload: () => payload, observer, accept })
    if (came !== bytes) throw wrongLength(what, came, bytes)
  }

  async put(id: string, { bytes, pieces, sent }: PutOptions, observer: RequestObserver): Promise<void> {
    const { request } = this.#find(id)
    const headers = { 'content-length': String(bytes), 'content-type': 'application/octet-stream' }
    const payload = (): Payload => ({ body: pieces(), sent })
    await this.#exchange({ what: `PUT object ${id}`, request, headers, payload, observer, accept: () => {} })
  }

  close(): void {
    for (const connection of this.#open) connection.close()
    this.#open.clear()
    this.#idle.clear()
  }

  #find(id: string): { readonly object: MovedObject; readonly request: SignedRequest } {
    const found = this.#objects.get(id)
    if (found === undefined) throw new RangeError(`no signed request for object ${id}`)
    return found
  }

  /** Tries a request until it is answered. */
  async #exchange(exchange: Exchange): Promise<void> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.#follow(exchange, retries > 0)
      } catch (error) {
        exchange.observer.signal.throwIfAborted()
        if (!(error instanceof TryAgain || error instanceof ClosedUnanswered) || retries === MAX_RETRIES) throw error
        const waitMs = (error instanceof TryAgain ? error.afterMs : 0) ?? FIRST_WAIT_MS * 2 ** retries * (0.5 + Math.random())
        await sleep(Math.min(waitMs, LONGEST_WAIT_MS), exchange.observer.signal)
      }
    }
  }

  /** Sends it once, through redirects; an upload is not redirected. */
  async #follow(exchange: Exchange, again: boolean): Promise<void> {
    const first = new URL(exchange.request.url)
    for (let url = first, redirects = 0; ; redirects++) {
      const target = await this.#send(url, exchange, again && redirects === 0)
      if (target === undefined) return
      if (redirects === MAX_REDIRECTS) throw tooManyRedirects(first)
      if (!this.#options.isAllowed(target.origin)) throw redirectNotAllowed(url, target)
      url = target
    }
  }

  /** @returns where the answer leads to, if it is a redirect */
  async #send(url: URL, { what, request, headers, payload, observer, accept }: Exchange, again: boolean): Promise<URL | undefined> {
    const { signal } = observer
    const connection = this.#idleAt(url.origin) ?? (await this.#connectNow(url, observer))
    const abort = (): void => connection.close()
    signal.addEventListener('abort', abort, { once: true })
    try {
      signal.throwIfAborted()
      observer.requested(again)
      let target: URL | undefined
      const text = encode(url, request, { ...headers, ...(this.#options.keepAlive ? {} : { connection: 'close' }) })
      await connection.exchange(
        text,
        (head, start, firstByteMs) => {
          target = request.method === 'GET' ? redirectOf(head, url) : undefined
          if (target !== undefined) return skip
          if (head.status < 200 || head.status >= 300) throw refusal(what, head, start, request.expiresAtMs)
          accept(head)
          observer.answered(firstByteMs)
          return skip
        },
        payload(),
      )
      if (!this.#options.keepAlive) connection.close()
      return target
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      signal.removeEventListener('abort', abort)
      this.#release(connection)
    }
  }

  #idleAt(origin: string): HttpConnection | undefined {
    const idle = this.#idle.get(origin) ?? []
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.usable) return connection
      this.#open.delete(connection)
    }
    return undefined
  }

  async #connectNow(url: URL, observer: RequestObserver): Promise<HttpConnection> {
    const connection = await this.#connect(url, observer.signal)
    observer.connected(connection.handshake)
    return connection
  }

  async #connect(url: URL, signal: AbortSignal): Promise<HttpConnection> {
    const { readBytes } = this.#options
    const settings = { signal, ...(this.#ca !== undefined && { ca: this.#ca }), ...(readBytes !== undefined && { readBytes }) }
    const connection = await HttpConnection.open(url, settings)
    this.#open.add(connection)
    if (this.#options.signal.aborted) connection.close()
    return connection
  }

  /** Keeps a connection for the next request, if it can carry one. */
  #release(connection: HttpConnection): void {
    const idle = this.#idle.get(connection.origin) ?? []
    this.#idle.set(connection.origin, idle)
    if (connection.usable) idle.push(connection)
    else this.#open.delete(connection)
  }
}

/** The payload is taken as it comes, not here. */
const skip = (): void => {}

function encode(url: URL, { method, headers: signed = {} }: SignedRequest, headers: Readonly<Record<string, string>>): string {
  const own = { host: url.host, accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'netfair', ...headers, ...signed }
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}
