import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenObjectClient } from '../../../src/model/object-client.ts'
import type { SignedRequest, StoredObject } from '../../../src/model/object-store.ts'
import { openGcsClient } from '../../../src/storage/gcs/client.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { openStore } from '../../../src/storage/open-store.ts'
import { openS3Client } from '../../../src/storage/s3/client.ts'
import { type FaultProxy, startFaultProxy } from '../../test-bed/storage/fault-proxy.ts'
import { startGcs } from '../../test-bed/storage/gcs.ts'
import { startS3 } from '../../test-bed/storage/s3.ts'
import type { StorageServer } from '../../test-bed/storage/storage-server.ts'
import { move, objectDownload, objectUpload, putObjects, sign } from './move.ts'

const BYTES = 600_000
const two = { chunkBytes: BYTES, bytes: 2 * BYTES, stallMs: 400 }

describe.each([
  ['s3', () => startS3({ tls: true }), async (...args) => openS3Client(...args)],
  ['gcs', () => startGcs({ tls: false }), async (...args) => openGcsClient(...args)],
] as readonly (readonly [string, () => Promise<StorageServer>, OpenObjectClient])[])('%s', (name, start, openClient) => {
  let server: StorageServer
  let proxy: FaultProxy
  let store: ObjectStore
  let objects: readonly StoredObject[]

  beforeAll(async () => {
    server = await start()
    proxy = await startFaultProxy(server)
    store = await openStore(server.location, { environment: server.environment })
    objects = await putObjects(store, 2, BYTES)
  })

  afterAll(async () => {
    await store?.close()
    await proxy?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  const uploads = [0, 1].map((index) => ({ id: `uploads/${index}`, bytes: BYTES }))
  const both = (location = server.location) => ({ location, openClient, credentials: server.environment })

  test('signed requests, both ways', async () => {
    const { location } = server
    const requests = await sign(store, objects)
    const down = await move(objectDownload({ store: location, ...two, rangeBytes: 250_000, parallel: 2 }), { location, objects, requests })
    expect(down).toMatchObject({ bytes: 2 * BYTES, values: { objects: 2, failedObjects: 0, retries: 0 } })
    const puts: readonly SignedRequest[] = await Promise.all(
      uploads.map(({ id }) => store.sign({ method: 'PUT', id, expiresAtMs: Date.now() + 60_000 })),
    )
    const up = await move(objectUpload({ store: location, ...two }), { location, objects: uploads, requests: puts })
    expect(up).toMatchObject({ bytes: 2 * BYTES, values: { objects: 2, failedObjects: 0 } })
    expect(await store.head('uploads/0')).toEqual({ bytes: BYTES })
  })

  test('the SDK: whole, in ranges, with and without keep-alive', async () => {
    for (const options of [{}, { rangeBytes: 250_000, parallel: 2 }, { keepAlive: false }]) {
      const probe = objectDownload({ store: server.location, ...two, ...options, transport: 'sdk' })
      const { bytes, error, values } = await move(probe, { ...both(), objects })
      expect({ bytes, error }).toEqual({ bytes: 2 * BYTES, error: undefined })
      expect(values?.['sdkMs']).toBeGreaterThan(0)
    }
  })

  test('the SDK uploads, in one request and in parts', async () => {
    await store.delete(uploads.map(({ id }) => id))
    for (const partBytes of [undefined, 5 * 2 ** 20]) {
      const probe = objectUpload({ store: server.location, ...two, transport: 'sdk', ...(partBytes !== undefined && { partBytes }) })
      const { bytes, error, values } = await move(probe, { ...both(), objects: uploads })
      expect([error, bytes, values?.['objects']]).toEqual([undefined, 2 * BYTES, 2])
      expect(await store.head('uploads/1')).toEqual({ bytes: BYTES })
    }
  })

  test.each([
    ['cut', { kind: 'cut', afterBytes: 300_000 }],
    ['stall', { kind: 'stall', afterBytes: 200_000 }],
    ['corrupt', { kind: 'corrupt' }],
    ['expired', { kind: 'expired' }],
  ] as const)('the SDK, %s: a failure without secrets', async (_, fault) => {
    proxy.clear()
    proxy.add({ fault, path: /600000/ })
    const probe = objectDownload({ store: proxy.location, ...two, transport: 'sdk' })
    const { error, bytes } = await move(probe, { ...both(proxy.location), objects })
    expect([bytes, typeof error?.code]).toEqual([undefined, 'string'])
    for (const secret of [...server.secrets, 'X-Amz-', 'X-Goog-']) expect(error?.message).not.toContain(secret)
  })

  // Google's SDK does not try the reading of a stream again.
  if (name === 's3')
    test('the SDK tries refusals again', async () => {
      proxy.clear()
      proxy.add({ times: 1, fault: { kind: 'slow-down' }, path: /600000/ })
      const probe = objectDownload({ store: proxy.location, ...two, stallMs: 8000, transport: 'sdk' })
      const { bytes, error, values } = await move(probe, { ...both(proxy.location), objects })
      expect([bytes, values?.['retries'], error]).toEqual([2 * BYTES, 1, undefined])
    })
})
