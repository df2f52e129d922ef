import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { Storage, type StorageOptions } from '@google-cloud/storage'
import { GoogleAuth } from 'google-auth-library'
import { expect, test } from 'vitest'
import { signJwt } from '../gcp/jwt.ts'
import { crc32c } from './gcs/crc32c.ts'
import { type GcsServer, startGcs } from './gcs.ts'

const MB = 1e6
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write'

function clientOf({ endpoint, environment }: GcsServer, options: StorageOptions = {}): Storage {
  const auth = new GoogleAuth({ keyFile: environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '', scopes: SCOPE })
  return new Storage({ apiEndpoint: endpoint, projectId: 'netfair-test', authClient: auth as never, ...options })
}

test('objects come back as they went, in one request, in a resumable upload and in ranges, with checksums that the real client verifies', async () => {
  await using server = await startGcs()
  const bucket = clientOf(server).bucket('netfair-test')
  const content = randomBytes(3 * MB + 17)
  const metadata = { contentType: 'application/x-netfair', metadata: { seed: '1' } }
  await bucket.file('data/simple').save(content, { resumable: false, metadata })
  await bucket.file('data/whole').save(content, { resumable: true })
  await bucket.file('data/parts').save(content, { resumable: true, chunkSize: 1024 * 1024 })
  await bucket.file('data/empty').save(Buffer.alloc(0), { resumable: false })
  for (const name of ['simple', 'whole', 'parts']) {
    const [back] = await bucket.file(`data/${name}`).download()
    expect(back.equals(content)).toBe(true)
  }
  const [range] = await bucket.file('data/parts').download({ start: 100, end: 1_000_099 })
  expect(range.equals(content.subarray(100, 1_000_100))).toBe(true)
  const [told] = await bucket.file('data/simple').getMetadata()
  expect(told).toMatchObject({
    ...{ size: String(content.length), contentType: 'application/x-netfair', metadata: { seed: '1' } },
    md5Hash: createHash('md5').update(content).digest('base64'),
  })
  expect(server.openUploads()).toBe(0)
  expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(4)
})

test('lists come in pages, in order and by prefix; what is removed or absent is not found', async () => {
  await using server = await startGcs({ pageSize: 3 })
  const bucket = clientOf(server).bucket('netfair-test')
  const names = ['a/1', 'a/10', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3', 'b/4']
  await Promise.all(names.map((name) => bucket.file(name).save(name, { resumable: false })))
  const namesOf = async (prefix: string) => (await bucket.getFiles({ prefix }))[0].map(({ name }) => name)
  expect(await namesOf('')).toEqual(names)
  expect(await namesOf('b/')).toEqual(names.slice(4))
  await bucket.file('b/1').delete()
  expect(await namesOf('b/')).toEqual(names.slice(5))
  await expect(bucket.file('b/1').delete()).rejects.toMatchObject({ code: 404 })
  await expect(bucket.file('b/1').download()).rejects.toMatchObject({ code: 404 })
  await expect(clientOf(server).bucket('other-bucket').getFiles()).rejects.toMatchObject({ code: 404 })
})

test('wrong checksums and second versions are refused where the client says so', async () => {
  await using server = await startGcs()
  const file = clientOf(server).bucket('netfair-test').file('x')
  await file.save('one', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })
  await expect(file.save('two', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })).rejects.toMatchObject({ code: 412 })
  await expect(file.save('two', { resumable: false, metadata: { crc32c: 'AAAAAA==' } })).rejects.toMatchObject({ code: 400 })
  expect((await file.download())[0].toString()).toBe('one')
})

test('signed URLs: the signature, the method and the time are verified', async () => {
  await using server = await startGcs()
  const file = clientOf(server).bucket('netfair-test').file('signed/ä b')
  const sign = async (action: 'read' | 'write', expires = Date.now() + 60_000, more: object = {}) =>
    (await file.getSignedUrl({ version: 'v4', action, expires, ...more }))[0]
  const content = randomBytes(200_000)
  const put = await fetch(await sign('write'), { method: 'PUT', body: content })
  expect(put.status).toBe(200)
  const url = await sign('read')
  const got = await fetch(url, { headers: { range: 'bytes=1000-' } })
  expect([got.status, got.headers.get('content-range')]).toEqual([206, 'bytes 1000-199999/200000'])
  expect(Buffer.from(await got.arrayBuffer()).equals(content.subarray(1000))).toBe(true)
  expect(got.headers.get('x-goog-hash')).toMatch(/^crc32c=.{8},md5=.{24}$/)
  expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403)
  expect((await fetch(url.replace('X-Goog-Expires=', 'X-Goog-Expires=1'))).status).toBe(403)
  expect((await fetch(`${server.endpoint}/netfair-test/signed/x`)).status).toBe(403)
  const past = await sign('read', Date.now() - 1000, { accessibleAt: new Date(Date.now() - 60_000) }).catch((error: Error) => error)
  expect(past).toBeInstanceOf(Error)
  const soon = await sign('read', Date.now() + 1000)
  while ((await fetch(soon)).status === 200) await sleep(100)
  const expired = await fetch(soon)
  expect([expired.status, await expired.text()]).toEqual([400, expect.stringContaining('<Code>ExpiredToken</Code>')])
})

test('the JSON API is closed without a token, where it is to be', async () => {
  await using server = await startGcs({ authenticated: true })
  const keyFile = await readFile(server.environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '', 'utf8')
  const { client_email: email, private_key: key } = JSON.parse(keyFile) as { readonly client_email: string; readonly private_key: string }
  const anonymous = clientOf(server).bucket('netfair-test')
  await expect(anonymous.getFiles()).rejects.toMatchObject({ code: 401 })
  const assertion = signJwt({ iss: email, exp: Date.now() / 1000 + 60 }, { key, id: 'test' })
  const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  const given = await fetch(`${server.endpoint}/token`, { method: 'POST', body: form })
  const { access_token: token } = (await given.json()) as { readonly access_token: string }
  const list = () => fetch(`${server.endpoint}/storage/v1/b/netfair-test/o`, { headers: { authorization: `Bearer ${token}` } })
  expect((await list()).status).toBe(200)
  expect(server.secrets).toContain(token)
  server.expireTokens()
  expect((await list()).status).toBe(401)
})

test('HTTPS, with an authority of its own', async () => {
  await using server = await startGcs({ tls: true })
  const { endpoint, location } = server
  await expect(fetch(endpoint)).rejects.toThrow()
  const status = await new Promise((resolve, reject) => {
    get(`${endpoint}/storage/v1/b/netfair-test`, { ca: location.ca ?? '', agent: false }, ({ statusCode }) => resolve(statusCode)).on(
      'error',
      reject,
    )
  })
  expect(status).toBe(200)
})

test('CRC-32C as its standard has it', () => {
  // Source: RFC 3720, B.4, 32 bytes of zeroes, of ones and rising.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  const rising = Uint8Array.from({ length: 32 }, (_, index) => index)
  expect(crc32c(rising.subarray(10), crc32c(rising.subarray(0, 10)))).toBe(0x46dd794e)
})
