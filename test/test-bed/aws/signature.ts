import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { anyError, badSignature } from './service-error.ts'

export interface SignedRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/** How far clocks may be apart. */
const SKEW_MS = 5 * 60_000
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/

/**
 * Signs the request anew with AWS's own signer and compares.
 * @returns the region that it is signed for
 */
export async function verifiedRegion(request: SignedRequest, credentials: Credentials, regions: readonly string[]): Promise<string> {
  const { headers, body } = request
  const found = AUTHORIZATION.exec(headers.authorization ?? '')
  if (found === null) throw badSignature('Authorization header requires a credential, a signature and signed headers.')
  const [, accessKeyId, , region = '', service, names = ''] = found
  if (accessKeyId !== credentials.accessKeyId || headers['x-amz-security-token'] !== credentials.sessionToken) throw anyError.unknownKey()
  if (service !== 'lambda') throw badSignature("Credential should be scoped to correct service: 'lambda'. ")
  if (!regions.includes(region)) throw badSignature('Credential should be scoped to a valid region. ')
  const signed = names.split(';')
  for (const name of ['host', 'x-amz-date'])
    if (!signed.includes(name)) throw badSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  const signingDate = dateOf(String(headers['x-amz-date']))
  if (!(Math.abs(signingDate.getTime() - Date.now()) <= SKEW_MS))
    throw badSignature(`Signature expired: ${headers['x-amz-date']} is not now`)
  // The signer believes the hash that the header states.
  if (headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex')) throw badSignature()
  const signer = new SignatureV4({ credentials, region, service: 'lambda', sha256: Sha256 })
  if ((await signer.sign(unsigned(request, signed), { signingDate })).headers['authorization'] !== headers.authorization)
    throw badSignature()
  return region
}

function unsigned({ method, url, headers, body }: SignedRequest, names: readonly string[]): Parameters<SignatureV4['sign']>[0] & object {
  const query: Record<string, string | string[]> = {}
  for (const key of url.searchParams.keys()) {
    const [value = '', ...more] = url.searchParams.getAll(key)
    query[key] = more.length === 0 ? value : [value, ...more]
  }
  return {
    method,
    protocol: 'https:',
    hostname: url.hostname,
    path: url.pathname,
    query,
    headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
    body,
  } as Parameters<SignatureV4['sign']>[0] & object
}

function dateOf(basic: string): Date {
  return new Date(basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

/** What the signer hashes with. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
