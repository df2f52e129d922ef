import { type KeyLike, type KeyObject, sign, verify } from 'node:crypto'

export interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string
  readonly scope?: string
  /** Epoch seconds. */
  readonly iat?: number
  /** Epoch seconds. */
  readonly exp?: number
  readonly target_audience?: string
  readonly [claim: string]: unknown
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JSON Web Token, signed RS256. */
export function signJwt(claims: Claims, { key, id }: { readonly key: KeyLike; readonly id: string }): string {
  const signed = `${encode({ alg: 'RS256', kid: id, typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

/** What a token claims; undefined where its signature is not that key's. */
export function verifyJwt(token: string, key: KeyObject): Claims | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  try {
    if (decode(header)['alg'] !== 'RS256') return undefined
    const right = verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))
    return right ? decode(payload) : undefined
  } catch {
    return undefined
  }
}

function decode(part: string): Claims {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Claims
}
