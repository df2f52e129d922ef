import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificates } from '../certificates.ts'
import type { Account } from './account.ts'
import type { Answer, Service } from './call.ts'
import type { Served } from './faults.ts'
import { operations } from './operations.ts'
import { actionOf, type Operation, routeOf, routes } from './routes.ts'
import { ServiceError } from './service-error.ts'
import { type Credentials, verifiedRegion } from './signature.ts'

export interface LambdaServiceOptions {
  readonly service: Service
  readonly certificates: Certificates
  readonly credentials: Credentials
  readonly accounts: readonly Account[]
  /** Told of every request whose signature holds. */
  onServed(served: Served): void
}

/** The HTTPS end of Lambda: verifies, routes, answers. */
export class LambdaService {
  readonly #options: LambdaServiceOptions
  readonly #server: Server

  constructor(options: LambdaServiceOptions) {
    this.#options = options
    const { cert, key } = options.certificates
    this.#server = createServer({ cert, key, requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
      const requestId = randomUUID()
      this.#answer(request, requestId).then(
        (send) => send(response),
        (error: unknown) => refuse(response, requestId, error),
      )
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, requestId: string): Promise<(response: ServerResponse) => void> {
    const { service, credentials, accounts } = this.#options
    const { method = '', headers } = request
    const url = new URL(request.url ?? '/', `https://${headers.host}`)
    const body: Buffer = Buffer.concat(await request.toArray())
    const regions = accounts.map(({ region }) => region)
    const region = await verifiedRegion({ method, url, headers, body }, credentials, regions)
    const routed = routeOf(method, url.pathname)
    const account = accounts.find((each) => each.region === region)
    if (routed === undefined || account === undefined) {
      throw new ServiceError(403, 'AccessDeniedException', 'Unable to determine service/operation name to be authorized')
    }
    const { operation, resource } = routed
    const name = operation === 'CreateFunction' ? nameIn(body) : resource
    const served: Served = { operation, ...(name !== '' && { name }), region, at: Date.now() }
    this.#options.onServed(served)
    service.demandAction(actionOf(operation), name === '' ? '*' : account.arnOf(name))
    await service.faults.meet(served, 'before')
    const answer = await operations[operation]({ service, account, resource, query: url.searchParams, headers, body, requestId })
    await service.faults.meet(served, 'after')
    return (response) => succeed(response, requestId, operation, answer)
  }
}

function nameIn(body: Buffer): string {
  return /"FunctionName":"([^"]*)"/.exec(body.toString('latin1'))?.[1] ?? ''
}

function succeed(response: ServerResponse, requestId: string, operation: Operation, { status, body, headers }: Answer): void {
  const content = body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const code = status ?? routes[operation][2]
  const type = { ...(code !== 204 && { 'content-type': 'application/json', 'content-length': content.byteLength }) }
  response.writeHead(code, { ...type, 'x-amzn-requestid': requestId, ...headers }).end(code === 204 ? undefined : content)
}

function refuse(response: ServerResponse, requestId: string, error: unknown): void {
  const { status, type, message, more, headers } =
    error instanceof ServiceError ? error : new ServiceError(500, 'ServiceException', String(error), { Type: 'Service' })
  const { text, ...members } = more
  const kind = text === undefined ? { 'content-type': 'application/json', 'x-amzn-errortype': type } : { 'content-type': 'text/html' }
  const key = type === 'ResourceNotFoundException' || type.startsWith('AccessDenied') ? 'Message' : 'message'
  response
    .writeHead(status, { ...kind, 'x-amzn-requestid': requestId, ...headers })
    .end(text ?? JSON.stringify({ ...members, [key]: message }))
}
