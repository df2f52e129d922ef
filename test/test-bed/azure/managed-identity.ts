import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const LIFE_S = 86_400

/** Gives functions tokens of the identities that their app was given: what App Service runs beside every app. */
export class ManagedIdentities implements AsyncDisposable {
  /** Given out so far. */
  readonly tokens: string[] = []
  readonly #server: Server
  /** By the header that only the app's own processes know. */
  readonly #apps = new Map<string, readonly string[]>()
  readonly #tenantId: string

  private constructor(tenantId: string) {
    this.#tenantId = tenantId
    this.#server = createServer((request, response) => {
      const { status, body } = this.#answer(request)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }

  static async listen(tenantId: string): Promise<ManagedIdentities> {
    const identities = new ManagedIdentities(tenantId)
    identities.#server.listen(0, '127.0.0.1')
    await once(identities.#server, 'listening')
    return identities
  }

  /** What the processes of an app with these identities find in their environment. */
  environmentOf(ids: readonly string[]): Readonly<Record<string, string>> {
    if (ids.length === 0) return {}
    const header = randomUUID()
    this.#apps.set(header, ids)
    const { port } = this.#server.address() as AddressInfo
    return { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: header }
  }

  #answer({ url = '', headers }: IncomingMessage): { readonly status: number; readonly body: object } {
    const { searchParams: query } = new URL(url, 'http://identity')
    const ids = this.#apps.get(String(headers['x-identity-header']))
    if (ids === undefined || query.get('api-version') !== '2019-08-01') return { status: 401, body: { statusCode: 401 } }
    // Without a name it is the system's own identity, which the app has not.
    if (!ids.includes(query.get('mi_res_id') ?? ''))
      return { status: 400, body: { statusCode: 400, message: 'No User Assigned or Delegated Managed Identity found' } }
    const resource = query.get('resource') ?? ''
    const expiresOn = Math.floor(Date.now() / 1000) + LIFE_S
    const token = this.#token(resource.replace(/\/$/, ''), expiresOn)
    this.tokens.push(token)
    return { status: 200, body: { access_token: token, expires_on: String(expiresOn), resource, token_type: 'Bearer' } }
  }

  #token(aud: string, exp: number): string {
    const iat = exp - LIFE_S
    const claims = { aud, iss: `https://sts.windows.net/${this.#tenantId}/`, tid: this.#tenantId, iat, nbf: iat, exp, oid: randomUUID() }
    const encoded = [{ typ: 'JWT', alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    return [...encoded, randomBytes(48).toString('base64url')].join('.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Resource ids of the user-assigned identities in the body of a site. */
export function userAssigned(identity: unknown): readonly string[] {
  const { type = 'None', userAssignedIdentities = {} } = (identity ?? {}) as { type?: string; userAssignedIdentities?: object }
  return type.includes('UserAssigned') ? Object.keys(userAssignedIdentities) : []
}
