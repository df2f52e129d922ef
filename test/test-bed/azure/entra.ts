import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { type Answer, armError, Refusal } from './answer.ts'
import type { Call } from './https-server.ts'

/** Who may ask for tokens, and of which tenant. */
export interface Principal {
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface EntraOptions {
  /** For what tokens are given. */
  readonly audiences: readonly string[]
  /** How long they hold. */
  readonly lifetimeSeconds: number
  /** Told of every token. */
  issued(token: string): void
}

interface Claims {
  readonly aud: string
  readonly tid: string
  readonly appid: string
  readonly exp: number
  readonly jti: string
}

/** The token endpoint of one tenant (client-secret grant, v2.0), and the check of the tokens that it gave. */
export class Entra {
  readonly principal: Principal
  readonly #options: EntraOptions
  readonly #key = randomBytes(32)

  constructor(principal: Principal, options: EntraOptions) {
    this.principal = principal
    this.#options = options
  }

  /** Answers requests under `/<tenant>/` and `/common/`; undefined for others. */
  answer(call: Call): Answer | undefined {
    const [, tenant = '', ...rest] = call.url.pathname.split('/')
    const path = rest.join('/')
    if (path === 'discovery/instance') return this.#instanceDiscovery(call)
    if (path !== 'v2.0/.well-known/openid-configuration' && path !== 'oauth2/v2.0/token') return undefined
    if (tenant !== this.principal.tenantId) {
      throw oauthError(400, 'invalid_request', 90002, `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`)
    }
    return path === 'oauth2/v2.0/token' ? this.#token(call) : { status: 200, body: openidConfiguration(call.url.origin, tenant) }
  }

  /**
   * Verifies the token of a request.
   * @throws Refusal 401 with the code of the Resource Manager
   */
  verify(authorization: string | undefined): void {
    if (authorization === undefined)
      throw this.#unauthorized('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.")
    const claims = this.#read(authorization.replace(/^Bearer /, ''))
    if (claims === undefined) throw this.#unauthorized('InvalidAuthenticationToken', 'The access token is invalid.')
    if (claims.exp * 1000 <= Date.now()) {
      const [expiry, now] = [new Date(claims.exp * 1000), new Date()].map((time) => time.toUTCString())
      throw this.#unauthorized(
        'ExpiredAuthenticationToken',
        `The access token expiry UTC time '${expiry}' is earlier than current UTC time '${now}'.`,
      )
    }
  }

  #token(call: Call): Answer {
    const form = new URLSearchParams(call.body.toString())
    const basic = /^Basic (.+)$/.exec(call.headers['authorization'] ?? '')?.[1]
    const [basicId, basicSecret] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
    const [id, secret] = [form.get('client_id') ?? basicId, form.get('client_secret') ?? basicSecret]
    if (form.get('grant_type') !== 'client_credentials') {
      throw oauthError(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${form.get('grant_type')}'.`)
    }
    if (id !== this.principal.clientId) {
      throw oauthError(400, 'unauthorized_client', 700016, `Application with identifier '${id}' was not found in the directory 'Test bed'.`)
    }
    if (secret !== this.principal.clientSecret) throw oauthError(401, 'invalid_client', 7000215, 'Invalid client secret provided.')
    const scope = form
      .get('scope')
      ?.split(' ')
      .find((word) => word.endsWith('/.default'))
    const audience = scope?.slice(0, -'/.default'.length)
    if (audience === undefined)
      throw oauthError(400, 'invalid_scope', 1002012, `The provided value for scope ${form.get('scope')} is not valid.`)
    if (!this.#options.audiences.some((known) => audience.replace(/\/$/, '') === known.replace(/\/$/, ''))) {
      throw oauthError(400, 'invalid_resource', 500011, `The resource principal named ${audience} was not found in the tenant.`)
    }
    const token = this.#issue(audience)
    const headers = { 'cache-control': 'no-store, no-cache' }
    const { lifetimeSeconds } = this.#options
    const times = { expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds }
    return { status: 200, headers, body: { token_type: 'Bearer', ...times, access_token: token } }
  }

  #issue(aud: string): string {
    const { tenantId: tid, clientId: appid } = this.principal
    const exp = Math.floor(Date.now() / 1000) + this.#options.lifetimeSeconds
    const claims: Claims = { aud, tid, appid, exp, jti: randomUUID() }
    const unsigned = `${base64url({ typ: 'JWT', alg: 'HS256' })}.${base64url(claims)}`
    const token = `${unsigned}.${this.#sign(unsigned)}`
    this.#options.issued(token)
    return token
  }

  #read(token: string): Claims | undefined {
    const [header, payload, signature] = token.split('.')
    if (header === undefined || payload === undefined || signature === undefined) return undefined
    const [given, right] = [Buffer.from(signature), Buffer.from(this.#sign(`${header}.${payload}`))]
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url')
  }

  #unauthorized(code: string, message: string): Refusal {
    const challenge = `Bearer authorization_uri="https://login.windows.net/${this.principal.tenantId}", error="invalid_token", error_description="${message}"`
    return armError(401, code, message, { 'www-authenticate': challenge })
  }

  #instanceDiscovery(call: Call): Answer {
    const host = call.url.host
    const endpoint = `https://${host}/${this.principal.tenantId}/v2.0/.well-known/openid-configuration`
    const metadata = [{ preferred_network: host, preferred_cache: host, aliases: [host] }]
    return { status: 200, body: { tenant_discovery_endpoint: endpoint, 'api-version': '1.1', metadata } }
  }
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function openidConfiguration(origin: string, tenant: string): unknown {
  const base = `${origin}/${tenant}`
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'id_token'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
  }
}

function oauthError(status: number, error: string, number: number, text: string): Refusal {
  const timestamp = new Date().toISOString().replace('T', ' ').slice(0, 19)
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID() }
  const description = `AADSTS${number}: ${text} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id} Timestamp: ${timestamp}Z`
  return new Refusal({ status, body: { error, error_description: description, error_codes: [number], timestamp: `${timestamp}Z`, ...ids } })
}
