import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deployer } from './deployer.ts'
import { page } from './error-page.ts'
import type { Faults } from './faults.ts'
import type { Gateway } from './gateway.ts'
import type { Identity } from './identity.ts'
import { HTTP_STATUS } from './refusal.ts'
import type { RequestLog } from './request-log.ts'
import { UPLOAD_PATH, type Uploads } from './uploads.ts'

export interface HttpParts {
  readonly identity: Identity
  readonly faults: Faults
  readonly log: RequestLog
  readonly uploads: Uploads
  readonly deployer: Deployer
  readonly gateway: Gateway
  readonly origin: string
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly body: Buffer
}

/** What the bed serves by HTTP/1.1: `POST /token`, uploads at signed URLs, and functions at theirs. */
export function httpRoutes(parts: HttpParts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void handle(parts, request, response).catch(() => response.destroy())
  }
}

async function handle(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', parts.origin)
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const exchange = { request, response, url, body }
  if (url.pathname === '/token') return token(parts, exchange)
  if (url.pathname.startsWith(UPLOAD_PATH)) return upload(parts, exchange)
  return invoke(parts, exchange)
}

async function token({ identity, faults, log }: HttpParts, { request, response, body }: Exchange): Promise<void> {
  log.add({ operation: 'token', name: '' })
  await faults.pass('token', 'before')
  const refusal = faults.refusal('token')
  const invalid = { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } }
  const broken = { status: HTTP_STATUS[refusal ?? 'internal'], body: { error: 'internal_failure', error_description: 'Backend Error' } }
  const refused = refusal === 'expired-token' || refusal === 'permission-denied' ? invalid : broken
  const wrongMethod = { status: 405, body: { error: 'invalid_request', error_description: 'Only POST is allowed.' } }
  const answer =
    request.method !== 'POST'
      ? wrongMethod
      : refusal !== undefined
        ? refused
        : identity.exchange(new URLSearchParams(body.toString('utf8')))
  await faults.pass('token', 'after')
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(answer.body))
}

async function upload({ uploads, faults, log }: HttpParts, { request, response, url, body }: Exchange): Promise<void> {
  log.add({ operation: 'upload', name: url.pathname.slice(UPLOAD_PATH.length) })
  await faults.pass('upload', 'before')
  const refusal = faults.refusal('upload')
  if (refusal !== undefined) return page(response, HTTP_STATUS[refusal])
  const answer = uploads.put({ method: request.method ?? '', url, headers: request.headers, body })
  await faults.pass('upload', 'after')
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

async function invoke({ deployer, gateway, faults, log, origin }: HttpParts, { request, response, url, body }: Exchange): Promise<void> {
  const address = `${origin}${url.pathname}`
  const found = deployer.functions.find(({ uri }) => address === uri || address.startsWith(`${uri}/`))
  log.add({ operation: 'invoke', name: found?.message.name ?? url.pathname })
  await faults.pass('invoke', 'before')
  const path = `${address.slice(found?.uri.length ?? 0) || '/'}${url.search}`
  await gateway.invoke(found, { request, response, body, path })
}
