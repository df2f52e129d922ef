import { createHash, type KeyObject, verify } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'

const ALGORITHM = 'GOOG4-RSA-SHA256'
const WEEK_S = 7 * 24 * 3600

/** Who may sign. */
export interface Signer {
  readonly email: string
  readonly publicKey: KeyObject
}

/**
 * Lets a request with a V4 signature in its URL pass.
 * @throws ApiError `ExpiredToken`, `SignatureDoesNotMatch`, `AccessDenied`
 */
export function checkSignedUrl(request: IncomingMessage, url: URL, { email, publicKey }: Signer): void {
  const query = url.searchParams
  const [credential = '', date = '', signature = ''] = ['X-Goog-Credential', 'X-Goog-Date', 'X-Goog-Signature'].map(
    (name) => query.get(name) ?? '',
  )
  if (query.get('X-Goog-Algorithm') !== ALGORITHM) throw denied()
  const [, signer, scope = ''] = /^([^/]+)\/(\d{8}\/auto\/storage\/goog4_request)$/.exec(credential) ?? []
  if (signer !== email || !date.startsWith(scope.slice(0, 8))) throw denied()
  const canonical = createHash('sha256').update(canonicalRequest(request, url)).digest('hex')
  const signed = [ALGORITHM, date, scope, canonical].join('\n')
  if (!verify('RSA-SHA256', Buffer.from(signed), publicKey, Buffer.from(signature, 'hex'))) throw mismatch()
  const lifeS = Number(query.get('X-Goog-Expires'))
  const endMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')) + lifeS * 1000
  if (!(lifeS > 0 && lifeS <= WEEK_S)) throw new ApiError(400, 'invalid', 'Invalid argument.', 'AuthenticationRequired')
  if (endMs < Date.now()) throw new ApiError(400, 'invalid', 'Invalid argument.', 'ExpiredToken')
}

function canonicalRequest({ method, headers }: IncomingMessage, url: URL): string {
  const names = (url.searchParams.get('X-Goog-SignedHeaders') ?? '').split(';')
  // The client signs the host without its port.
  const headerValue = (name: string): string =>
    name === 'host'
      ? url.hostname
      : String(headers[name] ?? '')
          .trim()
          .replace(/\s{2,}/g, ' ')
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
  const payload = headers['x-goog-content-sha256'] ?? 'UNSIGNED-PAYLOAD'
  return [
    method,
    url.pathname,
    query.join('&'),
    names.map((name) => `${name}:${headerValue(name)}\n`).join(''),
    names.join(';'),
    payload,
  ].join('\n')
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const denied = (): ApiError => new ApiError(403, 'forbidden', 'Access denied.', 'AccessDenied')
const mismatch = (): ApiError =>
  new ApiError(
    403,
    'forbidden',
    'The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.',
    'SignatureDoesNotMatch',
  )
