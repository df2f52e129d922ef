import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedRequest } from '../../src/model/object-store.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { removeData } from '../../src/storage/remove-data.ts'
import { withStore } from '../../src/storage/with-store.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { startAzurite } from './azurite.ts'
import { startRadosgw } from './radosgw.ts'

describe.each([
  ['Azurite', () => startAzurite()],
  ['Ceph radosgw', () => startRadosgw()],
] as const)('%s', (_, start) => {
  let server: StorageServer
  const inStore = <Result>(look: (store: ObjectStore) => Promise<Result>): Promise<Result> =>
    withStore(server.location, { environment: server.environment }, look)

  beforeAll(async () => {
    server = await start()
  }, 120_000)

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  test('a data set is uploaded once, also in parts, checksummed, and removed', async () => {
    const { location, environment } = server
    const wanted = { chunkBytes: [100_000, 20_000_000], count: 2, environment }
    const first = await prepareData(location, wanted)
    expect(first).toMatchObject({ uploaded: 4, uploadedBytes: 40_200_000 })
    for (const { id, bytes, crc32: told } of first.objects) {
      const content = (await inStore((store) => store.get(id))) ?? ''
      expect([content.length, crc32(content)]).toEqual([bytes, told])
    }
    expect(await prepareData(location, wanted)).toEqual({ ...first, uploaded: 0, uploadedBytes: 0 })
    expect(await removeData(location, { environment })).toBe(4)
    expect(await inStore((store) => store.head('manifest.json'))).toBeUndefined()
  })

  test('signed requests are verified: method, object and time', async () => {
    const content = Buffer.from('some bytes of an object')
    const sign = (method: SignedRequest['method'], id: string, lifeMs = 60_000) =>
      inStore((store) => store.sign({ method, id, expiresAtMs: Date.now() + lifeMs }))
    const send = ({ method, url, headers = {} }: SignedRequest, init: RequestInit = {}) =>
      fetch(url, { ...init, method, headers: { ...headers, ...init.headers } })
    const put = await sign('PUT', 'uploads/x/1')
    expect((await send(put, { body: content })).status).toBeLessThan(300)
    const get = await sign('GET', 'uploads/x/1')
    const part = await send(get, { headers: { range: 'bytes=5-9' } })
    expect([part.status, await part.text()]).toEqual([206, 'bytes'])
    expect((await send({ ...get, url: get.url.replace('uploads/x/1', 'uploads/x/2') })).status).toBe(403)
    expect((await send({ ...put, url: get.url }, { body: content })).status).toBe(403)
    const soon = await sign('GET', 'uploads/x/1', 1500)
    await expect.poll(async () => (await send(soon)).status, { timeout: 10_000, interval: 200 }).toBe(403)
  })

  test('wrong credentials and absent buckets are refused in words that hold no secret', async () => {
    const { location, environment, secrets } = server
    const wrong = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        /SECRET|STORAGE_KEY/.test(name) ? Buffer.from('wrong'.repeat(10)).toString('base64') : value,
      ]),
    )
    const denied = await prepareData(location, { environment: wrong }).catch((error: Error) => error)
    expect(denied).toMatchObject({ code: 'STORE_ACCESS_DENIED' })
    const absent = await prepareData({ ...location, bucket: 'no-such-place' }, { environment }).catch((error: Error) => error)
    expect(absent).toMatchObject({ code: 'BUCKET_MISSING' })
    for (const secret of [...secrets, wrong['AZURE_STORAGE_KEY'] ?? wrong['AWS_SECRET_ACCESS_KEY'] ?? 'none'])
      for (const error of [denied, absent]) expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(secret)
  })
})

test('Azurite over TLS', async () => {
  await using server = await startAzurite({ tls: true })
  const { location, environment } = server
  expect(await prepareData(location, { chunkBytes: [1000], count: 2, environment })).toMatchObject({ uploaded: 2 })
  const { ca: _, ...untrusted } = location
  await expect(prepareData(untrusted, { environment })).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
})
