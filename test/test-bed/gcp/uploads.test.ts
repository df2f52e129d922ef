import { afterAll, expect, test } from 'vitest'
import { startGcpBed } from '../gcp.ts'
import { archive, BareClient } from './bare-client.ts'

const bed = await startGcpBed()
const client = new BareClient(bed)
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

const zip = { 'content-type': 'application/zip' }
const sign = async (): Promise<string> => (await client.functions.generateUploadUrl({ parent: client.parent }))[0].uploadUrl ?? ''

test('an archive is put once to a signed URL, and is no remains', async () => {
  const before = bed.uploads().length
  const answer = await client.send(await sign(), { method: 'PUT', headers: zip, body: archive() })
  expect([answer.status, answer.headers['x-goog-generation']]).toEqual([200, expect.stringMatching(/^\d+$/)])
  expect([bed.uploads().length - before, bed.remains()]).toEqual([1, []])
})

test.each([
  ['another method', { method: 'POST', headers: zip }, 405, 'MethodNotAllowed'],
  ['another content type', { method: 'PUT', headers: { 'content-type': 'application/octet-stream' } }, 403, 'SignatureDoesNotMatch'],
  ['credentials', { method: 'PUT', headers: { ...zip, authorization: 'Bearer ya29.x' } }, 403, 'AccessDenied'],
])('%s is refused', async (_, options, wanted, code) => {
  const { status, body } = await client.send(await sign(), { ...options, body: archive() })
  expect([status, body]).toEqual([wanted, expect.stringContaining(`<Code>${code}</Code>`)])
})

test('a URL that was changed, or is over, is refused', async () => {
  const changed = (await sign()).replace('.zip', '0.zip')
  expect((await client.send(changed, { method: 'PUT', headers: zip, body: archive() })).body).toContain('SignatureDoesNotMatch')
  bed.uploadLife(-10)
  const over = await sign()
  bed.uploadLife(600)
  expect((await client.send(over, { method: 'PUT', headers: zip, body: archive() })).body).toContain('ExpiredToken')
})

test('the 1st generation asks for one header more', async () => {
  const [{ uploadUrl }] = await client.gen1.generateUploadUrl({ parent: client.parent })
  expect((await client.send(uploadUrl ?? '', { method: 'PUT', headers: zip, body: archive() })).status).toBe(403)
  const headers = { ...zip, 'x-goog-content-length-range': '0,104857600' }
  expect((await client.send(uploadUrl ?? '', { method: 'PUT', headers, body: archive() })).status).toBe(200)
})
