import type { ByteRange, ByteRanges } from './byte-ranges.ts'
import { type Answer, ClosedUnanswered, type ConnectionOptions, HttpConnection, type PayloadSink } from './http-connection.ts'
import { type HttpHead, malformed } from './http-head.ts'
import { MAX_REDIRECTS, redirectNotAllowed, redirectOf, tooManyRedirects } from './redirect.ts'
import { badStatus, checkLength, rangeIgnored } from './refused-answer.ts'

/** What is asked for, the same each time but for the range. */
export interface GetOptions extends ConnectionOptions {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Bearer token; goes to the URL's own origin and to no other. */
  readonly token?: string
  readonly keepAlive: boolean
  readonly ranges?: ByteRanges
  /** Whether a redirect may lead there. */
  readonly isAllowed: (origin: string) => boolean
}

/** What the requests of one download have shown so far. Times in milliseconds. */
export interface GetLog {
  requests: number
  retries: number
  readonly connectMs: number[]
  readonly firstByteMs: number[]
}

/** Range not satisfiable. */
const BEHIND_END = 416
/** The body of a redirect is read up to this length, so that the connection can be used again. */
const MAX_SKIPPED_BYTES = 64 * 1024
/** Figures are kept of so many requests. */
const MAX_LOGGED = 100_000

/** GETs one after the other, on one connection to each origin that redirects lead to. */
export class HttpGetter {
  readonly #options: GetOptions
  readonly #log: GetLog
  readonly #connections = new Map<string, HttpConnection>()
  #closed = false

  constructor(options: GetOptions, log: GetLog) {
    this.#options = options
    this.#log = log
  }

  /** Opens the connection for the first request. */
  async connect(): Promise<void> {
    await this.#open(this.#options.url)
  }

  /**
   * Gets the URL once, or its next range, through all redirects.
   * @throws MeasurementError `HTTP_STATUS`, `HTTP_EMPTY`, `HTTP_MALFORMED`, `RANGE_IGNORED`, `TOO_MANY_REDIRECTS`, `TARGET_NOT_ALLOWED`,
   *   `CONNECTION_CLOSED`, `TARGET_UNREACHABLE`, `TLS_FAILED`
   */
  async get(sink: PayloadSink): Promise<void> {
    const range = this.#options.ranges?.next()
    let url = this.#options.url
    for (let redirects = 0; ; redirects++) {
      const { head } = await this.#ask(url, range, sink)
      if (head.status === BEHIND_END) return this.get(sink)
      const target = redirectOf(head, url)
      if (target === undefined) return
      if (redirects === MAX_REDIRECTS) throw tooManyRedirects(this.#options.url)
      if (!this.#options.isAllowed(target.origin)) throw redirectNotAllowed(url, target)
      url = target
    }
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }

  async #ask(url: URL, range: ByteRange | undefined, sink: PayloadSink): Promise<Answer> {
    const idle = this.#connections.get(url.origin)
    const connection = idle?.usable ? idle : await this.#open(url)
    try {
      return await this.#exchange(connection, url, range, sink)
    } catch (error) {
      // A server may close an idle connection at the moment of the request: once more, on a new one.
      if (this.#closed || connection !== idle || !(error instanceof ClosedUnanswered)) throw error
      this.#log.retries++
      return await this.#exchange(await this.#open(url), url, range, sink)
    }
  }

  async #open(url: URL): Promise<HttpConnection> {
    const { signal, ca, readBytes } = this.#options
    const connection = await HttpConnection.open(url, { signal, ...(ca !== undefined && { ca }), ...(readBytes && { readBytes }) })
    if (this.#closed) connection.close()
    else this.#connections.set(url.origin, connection)
    note(this.#log.connectMs, connection.handshake.connectMs)
    return connection
  }

  async #exchange(connection: HttpConnection, url: URL, range: ByteRange | undefined, sink: PayloadSink): Promise<Answer> {
    this.#log.requests++
    let wantedBytes: number | undefined
    const answer = await connection.exchange(this.#encode(url, range), (head, start, firstByteMs) => {
      note(this.#log.firstByteMs, firstByteMs)
      if (redirectOf(head, url) !== undefined || this.#isBehindEnd(head, range)) return skip(head)
      wantedBytes = this.#check(head, start, url, range)
      return sink
    })
    if (!this.#options.keepAlive) connection.close()
    if (answer.head.status < 300) checkLength(url, answer.payloadBytes, wantedBytes)
    return answer
  }

  #isBehindEnd({ status, headers }: HttpHead, range: ByteRange | undefined): boolean {
    return status === BEHIND_END && range !== undefined && this.#options.ranges?.beyondEnd(range, headers.get('content-range')) === true
  }

  /** Bytes that the body must have, where that is known; throws when the answer is not the one asked for. */
  #check(head: HttpHead, start: Buffer, url: URL, range: ByteRange | undefined): number | undefined {
    const { status, headers } = head
    if (status < 200 || status >= 300) throw badStatus(url, head, start)
    if (range === undefined && status === 206) throw malformed('status 206 where no range was asked for')
    if (range === undefined) return undefined
    if (status !== 206) throw rangeIgnored(url)
    return this.#options.ranges?.answered(range, headers.get('content-range'))
  }

  #encode(url: URL, range: ByteRange | undefined): string {
    const { headers, token, keepAlive } = this.#options
    const own: Record<string, string> = {
      host: url.host,
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'netfair',
      ...(keepAlive ? {} : { connection: 'close' }),
      ...(range !== undefined && { range: `bytes=${range.first}-${range.last}` }),
      ...(token !== undefined && url.origin === this.#options.url.origin && { authorization: `Bearer ${token}` }),
    }
    for (const [name, value] of Object.entries(headers)) own[name.toLowerCase()] = value
    const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}`)
    return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  }
}

/** Reads a short body to its end, so that the connection can be used again; a long one costs the connection. */
function skip({ framing }: HttpHead): PayloadSink | undefined {
  return framing.kind === 'length' && framing.bytes <= MAX_SKIPPED_BYTES ? () => {} : undefined
}

function note(figures: number[], figure: number): void {
  if (figures.length < MAX_LOGGED) figures.push(figure)
}
