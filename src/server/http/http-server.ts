import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ClockReading } from '../../model/target.ts'
import type { TargetClock } from '../target-clock.ts'
import type { Admission } from '../token.ts'
import type { Answer, Question } from '../worker-message.ts'
import { type BulkContext, sendBytes, sinkBytes } from './bulk.ts'
import { readJsonBody } from './json-body.ts'
import { failure, reply } from './reply.ts'
import { parseNext, parseReady, parseRoundId } from './round-request.ts'

/** What the HTTP end of a worker is made of. */
export interface HttpContext extends BulkContext {
  readonly admits: Admission
  readonly clock: TargetClock
  /** Puts a question to the primary; aborting withdraws it. */
  ask(question: Question, signal?: AbortSignal): Promise<Answer>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly context: HttpContext
}

interface Route {
  readonly path: RegExp
  readonly method: 'GET' | 'POST'
  handle(exchange: Exchange): void | Promise<void>
}

const routes: readonly Route[] = [
  {
    path: /^\/clock$/,
    method: 'GET',
    handle: ({ request, response, context }) => reply(response, { status: 200, body: readClock(request, context.clock) }),
  },
  {
    path: /^\/bytes$/,
    method: 'GET',
    handle: ({ request, response, url, context }) => sendBytes(request, response, url.searchParams, context),
  },
  { path: /^\/sink$/, method: 'POST', handle: ({ request, response, context }) => sinkBytes(request, response, context) },
  { path: /^\/health$/, method: 'GET', handle: async ({ response, context }) => reply(response, await context.ask({ about: 'health' })) },
  { path: /^\/rounds\/[^/]+\/ready$/, method: 'POST', handle: (exchange) => askAboutRound(exchange, 'ready') },
  { path: /^\/rounds\/[^/]+\/next$/, method: 'POST', handle: (exchange) => askAboutRound(exchange, 'next') },
]

/** The HTTP end of one worker. It never listens: connections are handed to it with `emit('connection', socket)`. */
export function createHttpServer(context: HttpContext): Server {
  const { waitMs } = context.limits
  const options = {
    headersTimeout: waitMs,
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
    connectionsCheckingInterval: Math.min(waitMs, 1000),
  }
  const server = createServer(options, (request, response) => {
    handle({ request, response, context }).catch((error: unknown) => {
      if (response.headersSent) request.destroy()
      else reply(response, failure(500, 'INTERNAL', String(error)))
    })
  })
  // Node's own option does so only where the server listens itself. An answer must not wait until the one before is acknowledged.
  server.on('connection', (socket) => socket.setNoDelay(true))
  server.on('clientError', (_, socket) => socket.destroy())
  // Node checks the head's deadline only from this event on.
  server.emit('listening')
  return server
}

async function handle({ request, response, context }: Omit<Exchange, 'url'>): Promise<void> {
  const refuse = (answer: Answer, headers: Readonly<Record<string, string>> = {}): void => {
    // What the client still sends, by whatever method, is not read any more.
    reply(response, answer, { Connection: 'close', ...headers })
  }
  const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (!context.admits(bearer))
    return refuse(failure(401, 'UNAUTHORIZED', 'This target wants its token: Authorization: Bearer TOKEN.'), {
      'WWW-Authenticate': 'Bearer',
    })
  const url = URL.parse(request.url ?? '', 'http://target')
  if (url === null) return refuse(failure(400, 'INVALID_URL', 'The path cannot be read.'))
  const there = routes.filter((route) => route.path.test(url.pathname))
  const route = there.find(({ method }) => method === request.method)
  if (route !== undefined) return route.handle({ request, response, url, context })
  const allowed = there.map(({ method }) => method).join(', ')
  if (there.length > 0)
    refuse(failure(405, 'METHOD_NOT_ALLOWED', `${url.pathname} wants ${allowed}, got ${request.method}.`), { Allow: allowed })
  else refuse(failure(404, 'NOT_FOUND', `There is no ${url.pathname.slice(0, 200)} here.`))
}

function readClock({ socket }: IncomingMessage, clock: TargetClock): ClockReading {
  const { remoteAddress: peer } = socket
  return { epochMs: clock(), ...(peer !== undefined && { peer }) }
}

async function askAboutRound({ request, response, url, context }: Exchange, about: 'ready' | 'next'): Promise<void> {
  const body = await readJsonBody(request, context.limits.waitMs)
  if (body === undefined) return
  if ('refused' in body) return reply(response, body.refused, { Connection: 'close' })
  const round = parseRoundId(url.pathname)
  const question = about === 'ready' ? parseReady(round, body.value) : parseNext(round, body.value)
  if ('status' in question) return reply(response, question)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await context.ask(question, gone.signal)
  if (!response.destroyed) reply(response, answer)
}
