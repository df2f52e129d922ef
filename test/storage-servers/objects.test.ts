import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenObjectClient } from '../../src/model/object-client.ts'
import type { StoredObject } from '../../src/model/object-store.ts'
import { openAzureBlobClient } from '../../src/storage/azure-blob/client.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { openS3Client } from '../../src/storage/s3/client.ts'
import { move, objectDownload, objectUpload, putObjects, sign } from '../probes/object-storage/move.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { startAzurite } from './azurite.ts'
import { startRadosgw } from './radosgw.ts'

const BYTES = 12_000_000

describe.each([
  ['Azurite', () => startAzurite(), async (...args) => openAzureBlobClient(...args)],
  ['Ceph radosgw', () => startRadosgw(), async (...args) => openS3Client(...args)],
] as readonly (readonly [string, () => Promise<StorageServer>, OpenObjectClient])[])('objects in %s', (_, start, openClient) => {
  let server: StorageServer
  let store: ObjectStore
  let objects: readonly StoredObject[]
  const uploads = [0, 1].map((index) => ({ id: `uploads/${index}`, bytes: BYTES }))

  beforeAll(async () => {
    server = await start()
    store = await openStore(server.location, { environment: server.environment })
    objects = await putObjects(store, 2, BYTES)
  }, 120_000)

  afterAll(async () => {
    await store?.close()
    await server?.[Symbol.asyncDispose]()
  })

  test.each([
    ['signed-url', {}],
    ['signed-url', { rangeBytes: 5_000_000, parallel: 2 }],
    ['sdk', {}],
    ['sdk', { rangeBytes: 5_000_000, parallel: 2 }],
  ] as const)('down by %s, %o: whole and verified', async (transport, options) => {
    const { location, environment } = server
    const probe = objectDownload({ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, transport, ...options })
    const requests = await sign(store, objects)
    const { bytes, error, values } = await move(probe, { location, objects, requests, openClient, credentials: environment })
    expect([error, bytes, values?.['objects']]).toEqual([undefined, 2 * BYTES, 2])
  })

  test.each([
    ['signed-url', {}],
    ['sdk', {}],
    ['sdk', { partBytes: 5 * 2 ** 20, parallel: 2 }],
  ] as const)('up by %s, %o', async (transport, options) => {
    const { location, environment } = server
    await store.delete(uploads.map(({ id }) => id))
    const probe = objectUpload({ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, transport, ...options })
    const requests = await sign(store, uploads, 'PUT')
    const { bytes, error } = await move(probe, { location, objects: uploads, requests, openClient, credentials: environment })
    expect([error, bytes]).toEqual([undefined, 2 * BYTES])
    expect(await store.head('uploads/1')).toEqual({ bytes: BYTES })
  })

  test('an expired signature is a failure that shows neither URL nor key', async () => {
    const { location, secrets } = server
    const requests = await sign(store, objects, 'GET', 1000)
    const probe = objectDownload({ store: location, chunkBytes: BYTES, bytes: 4 * BYTES })
    const failure = async () => (await move(probe, { location, objects, requests })).error
    await expect.poll(async () => (await failure())?.code, { timeout: 15_000, interval: 500 }).toBe('SIGNATURE_EXPIRED')
    const message = (await failure())?.message ?? ''
    for (const secret of [...secrets, 'Signature=', 'sig=', '?']) expect(message).not.toContain(secret)
  })
})
