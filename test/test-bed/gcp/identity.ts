import { generateKeyPair, type KeyObject, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Claims, signJwt, verifyJwt } from './jwt.ts'
import { StatusError } from './status-error.ts'

/** Where the auth library sends and addresses its assertions, whatever the credentials file says. */
const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'
const API_ORIGIN = 'https://cloudfunctions.googleapis.com'
const LIFE_S = 3600
/** How far clocks may differ. */
const SKEW_S = 60

const NO_CREDENTIALS =
  'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'
const INVALID_CREDENTIALS = NO_CREDENTIALS.replace(
  'is missing required authentication credential',
  'had invalid authentication credentials',
)

const newKeys = promisify(generateKeyPair)
const RSA = { modulusLength: 2048 }

/** An answer of the token endpoint. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Google's side of identity: one service account with its key file, and the tokens it is given. */
export class Identity {
  readonly email: string
  readonly credentialsFile: string
  /** What must show nowhere: private key and every token given out. */
  readonly secrets: string[] = []
  readonly #account: { readonly key: KeyObject; readonly id: string }
  readonly #google: KeyPairKeyObjectResult
  /** Access tokens and when they end, epoch seconds. */
  readonly #accessTokens = new Map<string, number>()

  private constructor(
    email: string,
    credentialsFile: string,
    keys: { readonly account: KeyObject; readonly google: KeyPairKeyObjectResult },
  ) {
    this.email = email
    this.credentialsFile = credentialsFile
    this.#account = { key: keys.account, id: randomBytes(20).toString('hex') }
    this.#google = keys.google
  }

  /** Makes the account and writes its key file. */
  static async create(directory: string, projectId: string): Promise<Identity> {
    const [account, google] = await Promise.all([newKeys('rsa', RSA), newKeys('rsa', RSA)])
    const privateKey = account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const email = `netfair-tests@${projectId}.iam.gserviceaccount.com`
    const keys = { account: account.privateKey, google }
    const identity = new Identity(email, join(directory, 'credentials.json'), keys)
    identity.secrets.push(privateKey, ...privateKey.split('\n').slice(1, -2))
    await writeFile(identity.credentialsFile, JSON.stringify(identity.#keyFile(projectId, privateKey)), { mode: 0o600 })
    return identity
  }

  #keyFile(projectId: string, privateKey: string): object {
    return {
      type: 'service_account',
      project_id: projectId,
      private_key_id: this.#account.id,
      private_key: privateKey,
      client_email: this.email,
      client_id: '100000000000000000001',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: GOOGLE_TOKEN_URL,
      auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
      universe_domain: 'googleapis.com',
    }
  }

  /** The token endpoint: a signed assertion for an access token, or for an identity token where it names an audience. */
  exchange(form: URLSearchParams): TokenAnswer {
    if (form.get('grant_type') !== JWT_BEARER) return refused('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type')}`)
    const claims = verifyJwt(form.get('assertion') ?? '', this.#account.key)
    if (claims === undefined) return refused('invalid_grant', 'Invalid JWT Signature.')
    const wrong = this.#wrongAssertion(claims)
    if (wrong !== undefined) return refused('invalid_grant', wrong)
    if (claims.target_audience !== undefined) return { status: 200, body: { id_token: this.idToken(claims.target_audience) } }
    if (!claims.scope) return refused('invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
    return { status: 200, body: { access_token: this.accessToken(), expires_in: LIFE_S - 1, token_type: 'Bearer' } }
  }

  #wrongAssertion({ iss, aud, iat = 0, exp = 0 }: Claims): string | undefined {
    const now = nowS()
    if (iss !== this.email) return 'Invalid grant: account not found'
    if (aud !== GOOGLE_TOKEN_URL) return 'Invalid JWT: Failed audience check.'
    const fresh = iat <= now + SKEW_S && exp > now - SKEW_S && exp - iat <= LIFE_S
    return fresh ? undefined : 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.'
  }

  accessToken(lifeS = LIFE_S): string {
    const token = `ya29.c.${randomBytes(96).toString('base64url')}`
    this.#accessTokens.set(token, nowS() + lifeS)
    this.secrets.push(token)
    return token
  }

  idToken(audience: string, lifeS = LIFE_S): string {
    const iat = nowS()
    const claims = { aud: audience, azp: this.email, email: this.email, email_verified: true, exp: iat + lifeS, iat }
    const issuer = { iss: 'https://accounts.google.com', sub: '100000000000000000001' }
    const token = signJwt({ ...claims, ...issuer }, { key: this.#google.privateKey, id: 'test-bed' })
    this.secrets.push(token)
    return token
  }

  /** Every access token given out so far is over. */
  expireAccessTokens(): void {
    for (const token of this.#accessTokens.keys()) this.#accessTokens.set(token, 0)
  }

  /**
   * Lets a call of the API pass: with an access token, or with one that the account has signed itself for the API or this bed's origin.
   * @throws StatusError `UNAUTHENTICATED`
   */
  checkCaller(authorization: string | undefined, origin: string): void {
    const token = bearer(authorization)
    if (token === undefined) throw new StatusError('UNAUTHENTICATED', NO_CREDENTIALS, { reason: 'CREDENTIALS_MISSING' })
    const end = this.#accessTokens.get(token) ?? this.#selfSigned(token, origin)
    if (end === undefined) throw unauthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED')
    if (end < nowS()) throw unauthenticated('ACCESS_TOKEN_EXPIRED')
  }

  /** When a token that the account has signed itself ends; undefined where it is none. */
  #selfSigned(token: string, origin: string): number | undefined {
    const { aud, scope, exp, iss } = verifyJwt(token, this.#account.key) ?? {}
    const meant = [API_ORIGIN, origin].some((api) => aud?.startsWith(`${api}/`)) || (scope ?? '').split(' ').includes(CLOUD_PLATFORM)
    return iss === this.email && meant ? exp : undefined
  }

  /** How an invocation is refused: 403 without a token, 401 with one that is not Google's, not for this audience or over; undefined where it is not. */
  refusesInvoker(authorization: string | undefined, audiences: readonly string[]): 401 | 403 | undefined {
    const token = bearer(authorization)
    if (token === undefined) return 403
    const { aud, exp = 0, email } = verifyJwt(token, this.#google.publicKey) ?? {}
    if (aud === undefined || exp < nowS() || !audiences.includes(aud.replace(/\/$/, ''))) return 401
    return email === this.email ? undefined : 403
  }
}

export function unauthenticated(reason: string): StatusError {
  return new StatusError('UNAUTHENTICATED', INVALID_CREDENTIALS, { reason, metadata: { service: 'cloudfunctions.googleapis.com' } })
}

function bearer(authorization: string | undefined): string | undefined {
  return /^bearer (.+)$/i.exec(authorization ?? '')?.[1]
}

function refused(error: string, description: string): TokenAnswer {
  return { status: 400, body: { error, error_description: description } }
}

const nowS = (): number => Math.floor(Date.now() / 1000)
