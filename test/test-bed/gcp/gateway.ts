import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Bill } from './bill.ts'
import type { DeployedFunction } from './deployed-function.ts'
import { page } from './error-page.ts'
import type { Faults } from './faults.ts'
import type { Identity } from './identity.ts'
import type { Instance } from './instance.ts'
import { HTTP_STATUS } from './refusal.ts'
import { NoInstanceError, type Revision } from './revision.ts'

const MOST_BYTES = 32 * 2 ** 20
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'trailer', 'proxy-authorization']

export interface GatewayParts {
  readonly identity: Identity
  readonly faults: Faults
  readonly bills: Bill[]
}

interface Invocation {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Uint8Array
  /** Path and query behind the function's URL. */
  readonly path: string
}

/** What is in front of functions: identity, body limit, an instance for each request, time limit, bills. */
export class Gateway {
  readonly #parts: GatewayParts

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  async invoke(found: DeployedFunction | undefined, invocation: Invocation): Promise<void> {
    const { request, response, body } = invocation
    const revision = found?.revision
    if (found === undefined || revision === undefined) return page(response, 404)
    const refused = this.#parts.identity.refusesInvoker(request.headers.authorization, [found.uri])
    if (refused !== undefined) return page(response, refused)
    const refusal = this.#parts.faults.refusal('invoke')
    if (refusal !== undefined) return page(response, HTTP_STATUS[refusal])
    if (body.length > MOST_BYTES) return page(response, 413)
    const instance = await this.#place(revision, response)
    if (instance === undefined) return
    const begun = { startMs: Date.now(), at: performance.now(), cold: instance.served === 1 }
    await this.#forward(instance, revision, invocation)
    const durationMs = performance.now() - begun.at
    this.#parts.bills.push({
      ...{ name: found.message.name, revision: revision.order.name, instance: instance.id, generation: revision.order.generation },
      ...{
        memoryMb: revision.order.memoryMb,
        vcpus: revision.order.vcpus,
        status: response.statusCode,
        startMs: begun.startMs,
        durationMs,
      },
      ...(begun.cold && { coldStartMs: instance.startMs }),
    })
    revision.release(instance)
  }

  async #place(revision: Revision, response: ServerResponse): Promise<Instance | undefined> {
    try {
      return await revision.acquire()
    } catch (error) {
      if (!(error instanceof NoInstanceError)) throw error
      page(response, error.why === 'start-failed' ? 500 : 429)
      return undefined
    }
  }

  /** Resolves when the instance has no part in it any more. */
  #forward(instance: Instance, revision: Revision, { request, response, body, path }: Invocation): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const upstream = instance.request({ path, method: request.method ?? 'GET', headers: forwarded(request.headers, body) }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy())
      answer.on('aborted', () => response.destroy())
      answer.pipe(response)
    })
    upstream.on('error', () => (response.headersSent ? response.destroy() : page(response, 503)))
    upstream.on('close', resolve)
    response.on('close', () => upstream.destroy())
    const crash = this.#parts.faults.take('crash')
    const limitMs = this.#parts.faults.take('timeout')?.afterMs ?? revision.order.timeoutSeconds * 1000
    const timer = setTimeout(() => {
      page(response, 504)
      upstream.destroy()
      // Cloud Run leaves the instance alive, and what runs in it goes on; a 1st gen one is ended.
      if (revision.order.generation === 'GEN_1') void instance.kill()
    }, limitMs)
    const killer = crash && setTimeout(() => void instance.kill(), crash.afterMs ?? 0)
    upstream.end(body)
    return promise.finally(() => {
      clearTimeout(timer)
      clearTimeout(killer)
    })
  }
}

function forwarded(headers: IncomingHttpHeaders, body: Uint8Array): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)))
  const trace = randomBytes(16).toString('hex')
  return {
    ...kept,
    // Nobody can use the caller's token again.
    ...(headers.authorization !== undefined && { authorization: headers.authorization.replace(/[^.]*$/, 'SIGNATURE_REMOVED_BY_GOOGLE') }),
    'content-length': String(body.length),
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-cloud-trace-context': `${trace}/1`,
    traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-00`,
  }
}
