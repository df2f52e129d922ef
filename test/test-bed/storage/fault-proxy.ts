import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
  type ServerResponse,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreLocation, StoreName } from '../../../src/model/object-store.ts'
import type { Certificates } from '../certificates.ts'
import { expired, internalError, type Refusal, slowDown } from './refusals.ts'
import { close, listen, originOf, type StorageServer } from './storage-server.ts'

/** What goes wrong with a request. The body is that of the answer, in uploads (PUT, POST) that of the request. */
export type Fault =
  /** The answer begins so much later. */
  | { readonly kind: 'slow-first-byte'; readonly ms: number }
  /** After so many bytes of the body nothing comes any more, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** After so many bytes of the body the connection is cut. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** 503, as the store says it to who asks too often. */
  | { readonly kind: 'slow-down' }
  | { readonly kind: 'internal-error' }
  /** One bit of the body is another: at this byte, default in its middle. */
  | { readonly kind: 'corrupt'; readonly atByte?: number }
  /** As the store refuses a signature that is over. */
  | { readonly kind: 'expired' }
  /** 307, by default to the store itself. */
  | { readonly kind: 'redirect'; readonly to?: string }

/** Which requests a fault meets. All conditions must hold. */
export interface FaultRule {
  readonly fault: Fault
  readonly method?: string
  /** Of the path without the query; where an upload to Google Cloud Storage has the name in the query, it is behind the path. */
  readonly path?: RegExp
  /** Of those that match: the nth alone, counted from 1. Default all. */
  readonly nth?: number
  /** At most so many times. */
  readonly times?: number
}

export interface FaultProxy extends AsyncDisposable {
  readonly endpoint: string
  /** The store's location, behind this proxy. */
  readonly location: StoreLocation
  /** Adds a rule; of several that match the first is taken. */
  add(rule: FaultRule): void
  clear(): void
  /** Connections that came. */
  readonly connections: number
  readonly requests: readonly ProxiedRequest[]
}

/** A request that came, with the fault that it met. */
export interface ProxiedRequest {
  readonly method: string
  /** Without the query; where an upload to Google Cloud Storage has the name in the query, it is behind the path. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly fault?: Fault['kind']
}

interface ArmedRule extends FaultRule {
  matched: number
  applied: number
}

/**
 * Stands before a store's server, and lets some requests fail as they do in the cloud. Host header and signatures pass as they are.
 * @param options - where it listens; by HTTPS where it has certificates
 */
export async function startFaultProxy(
  store: Pick<StorageServer, 'endpoint' | 'location'>,
  { host, certificates }: { readonly host?: string; readonly certificates?: Certificates } = {},
): Promise<FaultProxy> {
  const rules: ArmedRule[] = []
  const requests: ProxiedRequest[] = []
  const server = await listen(
    (request, response) => {
      const { method = '', url = '/', headers } = request
      const path = pathOf(new URL(url, 'http://store'))
      const fault = take(rules, method, path)
      requests.push({ method, path, headers, ...(fault !== undefined && { fault: fault.kind }) })
      serve(store, { request, response, fault }).catch(() => response.destroy())
    },
    { host, certificates },
  )
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  const endpoint = originOf(server, certificates)
  const { ca: _, ...location } = store.location
  return {
    endpoint,
    location: { ...location, endpoint, ...(certificates !== undefined && { ca: certificates.ca }) },
    requests,
    get connections() {
      return connections
    },
    add: (rule) => void rules.push({ ...rule, matched: 0, applied: 0 }),
    clear: () => void rules.splice(0),
    [Symbol.asyncDispose]: () => close(server),
  }
}

function pathOf({ pathname, searchParams }: URL): string {
  const name = pathname.startsWith('/upload/') ? searchParams.get('name') : null
  return decodeURIComponent(pathname) + (name === null ? '' : `/${name}`)
}

function take(rules: readonly ArmedRule[], method: string, path: string): Fault | undefined {
  for (const rule of rules) {
    if ((rule.method !== undefined && rule.method !== method) || rule.path?.test(path) === false) continue
    rule.matched += 1
    if (rule.applied >= (rule.times ?? Number.POSITIVE_INFINITY) || (rule.nth !== undefined && rule.nth !== rule.matched)) continue
    rule.applied += 1
    return rule.fault
  }
  return undefined
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly fault: Fault | undefined
}

async function serve(store: Pick<StorageServer, 'endpoint' | 'location'>, { request, response, fault }: Exchange): Promise<void> {
  const refusal = fault === undefined ? undefined : refusalOf(store.location.store, fault)
  if (refusal !== undefined) return refuse(request, response, refusal)
  if (fault?.kind === 'redirect') {
    const location = new URL(request.url ?? '/', fault.to ?? store.endpoint).href
    return refuse(request, response, { status: 307, headers: { location }, body: '' })
  }
  if (fault?.kind === 'slow-first-byte') await patiently(fault.ms, response)
  const spoilt = ({ headers }: IncomingMessage): Transform | undefined =>
    fault === undefined ? undefined : spoil(fault, Number(headers['content-length'] ?? 0), response)
  const uploads = request.method === 'PUT' || request.method === 'POST'
  const answer = await forward(store, { request, response, spoiler: uploads ? spoilt(request) : undefined })
  // Whether the connection is kept is a matter of each side of the proxy.
  const { connection: _, ...headers } = answer.headers
  response.writeHead(answer.statusCode ?? 502, headers)
  const spoiler = uploads ? undefined : spoilt(answer)
  if (spoiler === undefined) await pipeline(answer, response)
  else await pipeline(answer, spoiler, response)
}

/** Nobody waits for an answer any more: the store does not hear of it. */
async function patiently(ms: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await sleep(ms, undefined, { signal: gone.signal })
}

/** The store's answer to the request, whose body goes on as it comes. */
function forward(
  { endpoint, location: { ca } }: Pick<StorageServer, 'endpoint' | 'location'>,
  { request, response, spoiler }: Omit<Exchange, 'fault'> & { readonly spoiler: Transform | undefined },
): Promise<IncomingMessage> {
  const { hostname, port, protocol } = new URL(endpoint)
  const send = protocol === 'https:' ? requestHttps : requestHttp
  const { method, url: path, headers } = request
  return new Promise((resolve, reject) => {
    const onward = send({ hostname, port, method, path, headers, agent: false, ...(ca !== undefined && { ca }) }, resolve).on(
      'error',
      reject,
    )
    response.on('close', () => onward.destroy())
    pipeline(spoiler === undefined ? [request, onward] : [request, spoiler, onward]).catch(reject)
  })
}

function refusalOf(store: StoreName, { kind }: Fault): Refusal | undefined {
  if (kind === 'slow-down') return slowDown[store]
  if (kind === 'internal-error') return internalError[store]
  return kind === 'expired' ? expired[store] : undefined
}

/** Takes the body first, as the stores mostly do. */
async function refuse(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Refusal): Promise<void> {
  for await (const _ of request);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) } satisfies OutgoingHttpHeaders).end(body)
}

/** What stands in the way of the body; undefined where nothing does. */
function spoil(fault: Fault, length: number, response: ServerResponse): Transform | undefined {
  if (fault.kind === 'corrupt') return corruption(fault.atByte ?? Math.floor(length / 2))
  if (fault.kind === 'stall') return limit(fault.afterBytes, () => undefined)
  // What was sent before goes out first.
  return fault.kind === 'cut'
    ? limit(fault.afterBytes, () => setImmediate(() => response.socket?.end(() => response.socket?.destroy())))
    : undefined
}

function corruption(atByte: number): Transform {
  let passed = 0
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      const at = atByte - passed
      passed += bytes.length
      if (at < 0 || at >= bytes.length) return done(null, bytes)
      const wrong = Buffer.from(bytes)
      wrong[at] = (wrong[at] as number) ^ 1
      return done(null, wrong)
    },
  })
}

/** Lets so many bytes pass, and never says that it is ready for more. */
function limit(bytes: number, reached: () => void): Transform {
  let left = bytes
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      const passed = piece.subarray(0, left)
      left -= passed.length
      if (left > 0) return done(null, passed)
      this.push(passed)
      return reached()
    },
  })
}
