import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SignedRequest, StoredObject } from '../../../src/model/object-store.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { openStore } from '../../../src/storage/open-store.ts'
import { type FaultProxy, startFaultProxy } from '../../test-bed/storage/fault-proxy.ts'
import { startS3 } from '../../test-bed/storage/s3.ts'
import type { StorageServer } from '../../test-bed/storage/storage-server.ts'
import { move, objectDownload, objectUpload, putObjects, sign } from './move.ts'

const BYTES = 400_000
let server: StorageServer
let proxy: FaultProxy
let store: ObjectStore
let objects: readonly StoredObject[]
let requests: readonly SignedRequest[]

beforeAll(async () => {
  server = await startS3()
  proxy = await startFaultProxy(server)
  store = await openStore(proxy.location, { environment: server.environment })
  objects = await putObjects(store, 2, BYTES)
  requests = await sign(store, objects)
})

beforeEach(() => proxy.clear())

afterAll(async () => {
  await store?.close()
  await proxy?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const twoObjects = { chunkBytes: BYTES, bytes: 2 * BYTES, stallMs: 300 }
const download = (options: object = {}, count = objects.length) => {
  const work = { location: proxy.location, objects: objects.slice(0, count), requests: requests.slice(0, count) }
  return move(objectDownload({ store: proxy.location, ...twoObjects, ...options }), work)
}

describe('downloads by signed requests', () => {
  test('whole objects, verified, on one connection', async () => {
    const { location } = server
    const straight = await openStore(location, { environment: server.environment })
    const settings = { location, objects, requests: await sign(straight, objects) }
    const { bytes, values, intervals = [] } = await move(objectDownload({ store: location, ...twoObjects }), settings)
    await straight.close()
    expect(bytes).toBe(2 * BYTES)
    expect(intervals.reduce((sum, interval) => sum + interval[2], 0)).toBe(bytes)
    expect(values).toMatchObject({ objects: 2, failedObjects: 0, requests: 2, retries: 0 })
    expect(values?.['connectMs']).toBeGreaterThan(0)
    expect(values?.['connectSumMs']).toBeUndefined()
    expect(values?.['firstByteMs']).toBeGreaterThan(0)
    expect(values?.['checksumSumMs']).toBeGreaterThan(0)
  })

  test('without keep-alive each object has a connection of its own', async () => {
    expect((await download({ keepAlive: false })).values).toMatchObject({ objects: 2, connectSumMs: expect.any(Number) })
  })

  test('ranges side by side make the object', async () => {
    const { bytes, values } = await download({ rangeBytes: 70_001, parallel: 3 })
    expect([bytes, values?.['requests'], values?.['objects']]).toEqual([2 * BYTES, 12, 2])
  })

  test('refusals are tried again and counted', async () => {
    proxy.add({ times: 2, fault: { kind: 'slow-down' } })
    proxy.add({ nth: 1, fault: { kind: 'internal-error' } })
    const { bytes, values } = await download({ stallMs: 5000 })
    expect([bytes, values?.['retries'], values?.['requests']]).toEqual([2 * BYTES, 3, 5])
  })

  test('refused for good: a failure that says how often it was tried, without the URL', async () => {
    proxy.add({ fault: { kind: 'slow-down' } })
    const { error, bytes } = await download({ stallMs: 5000 })
    expect([error?.code, bytes]).toEqual(['STORE_BUSY', undefined])
    expect(error?.message).toMatch(/Requests sent again: 3\.$/)
    expect(error?.message).not.toMatch(/\?|signature=|credential/i)
  })

  test('an object is verified the first time, or each time', async () => {
    const again = async (verify: 'once' | 'always') => {
      proxy.clear()
      proxy.add({ nth: 2, fault: { kind: 'corrupt' } })
      return download({ verify }, 1)
    }
    expect((await again('once')).error).toBeUndefined()
    expect((await again('always')).error?.code).toBe('CHECKSUM_MISMATCH')
  })

  test('one bit is overlooked where nothing is verified', async () => {
    proxy.add({ nth: 2, fault: { kind: 'corrupt' } })
    expect(await download({ verify: 'never' })).toMatchObject({ bytes: 2 * BYTES, values: { objects: 2 } })
  })

  test('a redirect is followed to allowed origins only', async () => {
    proxy.add({ times: 1, fault: { kind: 'redirect', to: proxy.endpoint } })
    expect(await download()).toMatchObject({ bytes: 2 * BYTES, values: { requests: 3, retries: 0 } })
    proxy.clear()
    proxy.add({ times: 1, fault: { kind: 'redirect' } })
    expect((await download()).error?.code).toBe('TARGET_NOT_ALLOWED')
  })

  test('an object that is not as long as the manifest says', async () => {
    const longer = objects.map((object) => ({ ...object, bytes: BYTES + 1 }))
    const probe = objectDownload({ store: proxy.location, ...twoObjects })
    expect((await move(probe, { location: proxy.location, objects: longer, requests })).error?.code).toBe('OBJECT_LENGTH')
  })

  test('the end of the time cuts a transfer off', async () => {
    proxy.add({ nth: 2, fault: { kind: 'stall', afterBytes: 200_000 } })
    const { bytes, error, startedAtMs, endedAtMs } = await download({ bytes: undefined, seconds: 0.6, stallMs: 10_000 })
    expect([bytes, error]).toEqual([BYTES + 200_000, undefined])
    expect(endedAtMs - startedAtMs).toBeGreaterThan(590)
  })
})

describe('uploads by signed requests', () => {
  const upload = async (options: object = {}) => {
    const wanted = [0, 1].map((index) => ({ id: `uploads/${index}`, bytes: BYTES, crc32: 0 }))
    const probe = objectUpload({ store: proxy.location, ...twoObjects, ...options })
    return move(probe, { location: proxy.location, objects: wanted, requests: await sign(store, wanted, 'PUT') })
  }

  test('arrive whole', async () => {
    const { bytes, values, countedBy } = await upload()
    expect([bytes, countedBy, values?.['objects'], values?.['requests']]).toEqual([2 * BYTES, 'sender', 2, 2])
    expect(await store.head('uploads/1')).toEqual({ bytes: BYTES })
  })

  test('sent again after a refusal, each byte counts once', async () => {
    proxy.add({ times: 1, method: 'PUT', fault: { kind: 'internal-error' } })
    const { bytes, values } = await upload({ parallel: 2 })
    expect([bytes, values?.['retries'], values?.['objects']]).toEqual([2 * BYTES, 1, 2])
  })
})
