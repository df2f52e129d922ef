import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { verifyJwt } from '../../gcp/jwt.ts'
import { ApiError } from './api-error.ts'
import type { Signer } from './signed-url.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LIFE_S = 3600

/** The one account that may use the store: its key file, and the tokens that it is given. */
export class ServiceAccount implements Signer {
  readonly email: string
  readonly publicKey: KeyObject
  readonly credentialsFile: string
  /** What must show nowhere: the private key and every token given out. */
  readonly secrets: string[]
  readonly #tokens = new Set<string>()

  private constructor(email: string, credentialsFile: string, privateKey: string) {
    this.email = email
    this.credentialsFile = credentialsFile
    this.publicKey = createPublicKey(privateKey)
    this.secrets = [privateKey, ...privateKey.split('\n').slice(1, -2)]
  }

  /** Writes the key file too. */
  static async create(directory: string, projectId: string): Promise<ServiceAccount> {
    const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const account = new ServiceAccount(
      `netfair-tests@${projectId}.iam.gserviceaccount.com`,
      join(directory, 'credentials.json'),
      privateKey,
    )
    const keyFile = {
      ...{ type: 'service_account', project_id: projectId, private_key_id: randomBytes(20).toString('hex'), private_key: privateKey },
      ...{ client_email: account.email, client_id: '100000000000000000001', token_uri: 'https://oauth2.googleapis.com/token' },
      universe_domain: 'googleapis.com',
    }
    await writeFile(account.credentialsFile, JSON.stringify(keyFile), { mode: 0o600 })
    return account
  }

  /** The account of a key file that is there. */
  static async read(credentialsFile: string): Promise<ServiceAccount> {
    const { client_email, private_key } = JSON.parse(await readFile(credentialsFile, 'utf8')) as Readonly<Record<string, string>>
    if (client_email === undefined || private_key === undefined) throw new Error(`${credentialsFile} is no key file`)
    return new ServiceAccount(client_email, credentialsFile, private_key)
  }

  /** The token endpoint: an assertion that the account has signed, for an access token. */
  exchange(form: URLSearchParams): { readonly status: number; readonly body: object } {
    const claims = form.get('grant_type') === JWT_BEARER ? verifyJwt(form.get('assertion') ?? '', this.publicKey) : undefined
    if (claims?.iss !== this.email || (claims.exp ?? 0) * 1000 < Date.now())
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }
    const token = `ya29.c.${randomBytes(96).toString('base64url')}`
    this.#tokens.add(token)
    this.secrets.push(token)
    return { status: 200, body: { access_token: token, expires_in: LIFE_S, token_type: 'Bearer' } }
  }

  /** Every access token given out so far is over. */
  expireTokens(): void {
    this.#tokens.clear()
  }

  /**
   * Lets a call with an access token pass, or with a token that the account has signed itself.
   * @throws ApiError 401
   */
  checkCaller(authorization: string | undefined): void {
    const token = /^bearer (.+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined)
      throw new ApiError(401, 'required', 'Anonymous caller does not have storage access to the Google Cloud Storage object.')
    if (this.#tokens.has(token)) return
    const { iss, exp = 0 } = verifyJwt(token, this.publicKey) ?? {}
    if (iss !== this.email || exp * 1000 < Date.now()) throw new ApiError(401, 'authError', 'Invalid Credentials')
  }
}
