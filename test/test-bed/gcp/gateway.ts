import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DeployedFunction } from './deployed-function.ts'
import { page } from './error-page.ts'
import type { Execution, Executions } from './execution.ts'
import type { Faults } from './faults.ts'
import type { Identity } from './identity.ts'
import { HTTP_STATUS } from './refusal.ts'
import { NoInstanceError } from './revision.ts'

const MOST_BYTES = 32 * 2 ** 20

export interface GatewayParts {
  readonly identity: Identity
  readonly faults: Faults
  readonly executions: Executions
}

export interface Invocation {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Uint8Array
  /** Path and query behind the function's URL. */
  readonly path: string
}

/** What is in front of functions: identity, body limit, and words for what goes wrong. */
export class Gateway {
  readonly #parts: GatewayParts

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  async invoke(found: DeployedFunction | undefined, { request, response, body, path }: Invocation): Promise<void> {
    const refused = this.#refusal(found, request, body)
    if (refused !== undefined || found?.revision === undefined) return page(response, refused ?? 404)
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    await this.#run(response, {
      ...{ name: found.message.name, revision: found.revision, path, body, signal: gone.signal },
      ...{ method: request.method ?? 'GET', headers: request.headers },
      onAnswer: (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.on('error', () => response.destroy()).on('aborted', () => response.destroy())
        answer.pipe(response)
      },
    })
  }

  #refusal(found: DeployedFunction | undefined, { headers }: IncomingMessage, body: Uint8Array): number | undefined {
    if (found?.revision === undefined) return 404
    const refused = this.#parts.identity.refusesInvoker(headers.authorization, [found.uri])
    if (refused !== undefined) return refused
    const fault = this.#parts.faults.refusal('invoke')
    if (fault !== undefined) return HTTP_STATUS[fault]
    return body.length > MOST_BYTES ? 413 : undefined
  }

  async #run(response: ServerResponse, execution: Execution): Promise<void> {
    try {
      const end = await this.#parts.executions.run(execution)
      if (end === 'died') page(response, 503)
      if (end === 'timed-out') page(response, 504)
    } catch (error) {
      if (!(error instanceof NoInstanceError)) throw error
      page(response, error.why === 'start-failed' ? 500 : 429)
    }
  }
}
