import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Storage } from '@google-cloud/storage'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeCertificates } from '../certificates.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { type GcsServer, startGcs } from './gcs.ts'

const content = randomBytes(1_000_000)
let store: GcsServer
let proxy: FaultProxy

beforeAll(async () => {
  store = await startGcs({ tls: true })
  proxy = await startFaultProxy(store)
  const bucket = new Storage({ apiEndpoint: proxy.endpoint, projectId: 'netfair-test' }).bucket('netfair-test')
  await Promise.all(['a', 'b'].map((name) => bucket.file(name).save(content, { resumable: false })))
})

beforeEach(() => proxy.clear())

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

const get = (name: string, init: RequestInit = {}) => fetch(`${proxy.endpoint}/storage/v1/b/netfair-test/o/${name}?alt=media`, init)
const bodyOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

test('without faults all passes as it is', async () => {
  expect((await bodyOf(await get('a'))).equals(content)).toBe(true)
})

test('refusals have the form of the store; the second request alone, of one path', async () => {
  proxy.add({ path: /\/a$/, nth: 2, fault: { kind: 'slow-down' } })
  const answers = [await get('a'), await get('b'), await get('a'), await get('a')]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 200])
  expect(await answers[2]?.json()).toMatchObject({ error: { code: 503, errors: [{ reason: 'backendError' }] } })
  await Promise.all([answers[0], answers[1], answers[3]].map((answer) => answer?.body?.cancel()))
  proxy.add({ method: 'GET', times: 1, fault: { kind: 'internal-error' } })
  proxy.add({ times: 1, fault: { kind: 'expired' } })
  expect((await get('b')).status).toBe(500)
  const over = await get('b')
  expect([over.status, await over.text()]).toEqual([400, expect.stringContaining('ExpiredToken')])
})

test('bodies are cut, held back or altered at their byte', async () => {
  proxy.add({ times: 1, fault: { kind: 'corrupt', atByte: 70_000 } })
  const wrong = await bodyOf(await get('a'))
  expect(wrong.length).toBe(content.length)
  expect([...wrong.keys()].filter((index) => wrong[index] !== content[index])).toEqual([70_000])
  proxy.add({ times: 1, fault: { kind: 'cut', afterBytes: 300_000 } })
  expect(await received(await get('a'))).toEqual({ bytes: 300_000, end: 'cut' })
  proxy.add({ times: 1, fault: { kind: 'stall', afterBytes: 200_000 } })
  const patience = new AbortController()
  expect(await received(await get('a', { signal: patience.signal }), () => patience.abort())).toEqual({ bytes: 200_000, end: 'cut' })
})

test('the first byte comes late, or from elsewhere', async () => {
  proxy.add({ times: 1, fault: { kind: 'slow-first-byte', ms: 150 } })
  const before = performance.now()
  expect((await bodyOf(await get('a'))).length).toBe(content.length)
  expect(performance.now() - before).toBeGreaterThan(145)
  proxy.add({ times: 1, fault: { kind: 'redirect', to: proxy.endpoint } })
  expect((await get('a', { redirect: 'manual' })).status).toBe(307)
  proxy.add({ times: 1, fault: { kind: 'redirect', to: proxy.endpoint } })
  const elsewhere = await get('a')
  expect([elsewhere.redirected, (await bodyOf(elsewhere)).length]).toEqual([true, content.length])
})

test('HTTPS before it too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'netfair-certificates-'))
  const certificates = await makeCertificates(directory)
  await using front = await startFaultProxy(store, { certificates })
  front.add({ fault: { kind: 'slow-down' } })
  const status = await new Promise((resolve, reject) => {
    request(front.endpoint, { ca: front.location.ca ?? '', agent: false }, ({ statusCode }) => resolve(statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(503)
  await rm(directory, { recursive: true })
})

/** Bytes that came, and how the body ended; when nothing more comes for a while, `quiet` is called. */
async function received({ body }: Response, quiet?: () => void): Promise<{ bytes: number; end: 'whole' | 'cut' }> {
  let bytes = 0
  try {
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += piece.length
      if (quiet !== undefined && bytes === 200_000) setTimeout(quiet, 50)
    }
    return { bytes, end: 'whole' }
  } catch {
    return { bytes, end: 'cut' }
  }
}
