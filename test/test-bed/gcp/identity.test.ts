import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startGcpBed } from '../gcp.ts'
import { BareClient } from './bare-client.ts'
import { type Claims, signJwt } from './jwt.ts'

const bed = await startGcpBed()
const client = new BareClient(bed)
const endpoint = bed.environment['NETFAIR_GCP_ENDPOINT'] ?? ''
afterEach(() => bed.faults.clear())
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

const key = JSON.parse(readFileSync(bed.environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '', 'utf8'))
const now = Math.floor(Date.now() / 1000)
const fine = {
  iss: key.client_email,
  scope: 'https://www.googleapis.com/auth/cloud-platform',
  aud: key.token_uri,
  iat: now,
  exp: now + 3600,
}
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })

async function exchange(claims: Claims, privateKey: string | Buffer = key.private_key): Promise<Record<string, unknown>> {
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: signJwt(claims, { key: privateKey, id: 'k' }) }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await client.send(`${endpoint}/token`, { headers, body: new URLSearchParams(form).toString() })
  return { status: answer.status, ...JSON.parse(answer.body) }
}

describe('the token endpoint', () => {
  test('gives access and identity tokens for the account’s signature', async () => {
    expect(await exchange(fine)).toMatchObject({ status: 200, access_token: expect.stringMatching(/^ya29\./), token_type: 'Bearer' })
    const { id_token: token } = await exchange({ ...fine, target_audience: 'https://a.b' })
    expect(JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: 'https://a.b',
      email: bed.email,
    })
    expect(bed.secrets).toContain(token)
  })

  test.each([
    ['another key', fine, stranger, 'Invalid JWT Signature.'],
    ['another account', { ...fine, iss: 'a@b.c' }, undefined, 'account not found'],
    ['another audience', { ...fine, aud: 'https://a.b' }, undefined, 'audience'],
    ['a time that is over', { ...fine, iat: now - 8000, exp: now - 5000 }, undefined, 'reasonable timeframe'],
    ['more than an hour', { ...fine, exp: now + 4000 }, undefined, 'reasonable timeframe'],
  ] as const)('refuses %s', async (_, claims, privateKey, said) => {
    expect(await exchange(claims, privateKey)).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      error_description: expect.stringContaining(said),
    })
  })
})

describe('the API', () => {
  const list = async (authorization: string): Promise<unknown> => {
    await using caller = new BareClient(bed, async () => authorization)
    return await caller.functions.listFunctions({ parent: caller.parent })
  }

  test('takes access tokens, and tokens that the account has signed itself for it', async () => {
    const { access_token: token } = await exchange(fine)
    await expect(list(`Bearer ${token}`)).resolves.toBeDefined()
    const own = { iss: bed.email, sub: bed.email, aud: 'https://cloudfunctions.googleapis.com/', iat: now, exp: now + 3600 }
    await expect(list(`Bearer ${signJwt(own, { key: key.private_key, id: 'k' })}`)).resolves.toBeDefined()
  })

  test('refuses nothing, nonsense, identity tokens and what is over', async () => {
    const refused = (reason: string): object => ({ code: status.UNAUTHENTICATED, reason, domain: 'googleapis.com' })
    await expect(list('')).rejects.toMatchObject(refused('CREDENTIALS_MISSING'))
    await expect(list('Bearer ya29.nonsense')).rejects.toMatchObject(refused('ACCESS_TOKEN_TYPE_UNSUPPORTED'))
    const { id_token: identity } = await exchange({ ...fine, target_audience: endpoint })
    await expect(list(`Bearer ${identity}`)).rejects.toMatchObject(refused('ACCESS_TOKEN_TYPE_UNSUPPORTED'))
    const { access_token: token } = await exchange(fine)
    bed.expireTokens()
    await expect(list(`Bearer ${token}`)).rejects.toMatchObject(refused('ACCESS_TOKEN_EXPIRED'))
  })
})
