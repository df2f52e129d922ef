import { crc32, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { StoreLocation } from '../../src/model/object-store.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { type DataPlan, prepareData } from '../../src/storage/prepare-data.ts'
import { removeData } from '../../src/storage/remove-data.ts'
import { withStore } from '../../src/storage/with-store.ts'
import { startFaultProxy } from '../test-bed/storage/fault-proxy.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'

const started: AsyncDisposable[] = []

afterEach(async () => {
  for (const each of started.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

async function begun<Started extends AsyncDisposable>(starting: Promise<Started>): Promise<Started> {
  const it = await starting
  started.push(it)
  return it
}

const looking = <Result>({ location, environment }: StorageServer, look: (store: ObjectStore) => Promise<Result>): Promise<Result> =>
  withStore(location, { environment }, look)

async function namesIn(server: StorageServer): Promise<string[]> {
  return looking(server, async (store) => {
    const names: string[] = []
    for await (const { id } of store.list()) names.push(id)
    return names.sort()
  })
}

const small = { chunkBytes: [100_000, 200_000], count: 2 }
const names = ['100000/0', '100000/1', '200000/0', '200000/1', 'manifest.json']

describe.each([
  ['s3', startS3],
  ['gcs', startGcs],
] as const)('a data set in %s', (_, start) => {
  test('is uploaded once, checksummed, of bytes that nothing compresses; more of it is added; all of it is removed, and nothing else', async () => {
    const server = await begun(start())
    const { location, environment } = server
    const first = await prepareData(location, { ...small, environment })
    expect(first).toMatchObject({ seed: 1, uploaded: 4, uploadedBytes: 600_000 })
    expect(await namesIn(server)).toEqual(names)
    for (const { id, bytes, crc32: told } of first.objects) {
      const content = (await looking(server, (store) => store.get(id))) ?? new Uint8Array()
      expect([content.length, crc32(content)]).toEqual([bytes, told])
      expect(gzipSync(content).length).toBeGreaterThan(bytes)
    }
    expect(new Set(first.objects.map((object) => object.crc32)).size).toBe(4)
    const second = await prepareData(location, { ...small, environment })
    expect(second).toEqual({ ...first, uploaded: 0, uploadedBytes: 0 })
    const third = await prepareData(location, { chunkBytes: [100_000, 50_000], count: 3, environment })
    expect(third).toMatchObject({ uploaded: 4, uploadedBytes: 250_000 })
    expect(third.objects).toHaveLength(8)
    expect(third.objects).toEqual(expect.arrayContaining([...first.objects]))
    await looking(server, (store) => store.put('uploads/a', { bytes: 1, read: () => [new Uint8Array(1)] }))
    expect(await removeData(location, { environment })).toBe(8)
    expect(await namesIn(server)).toEqual(['uploads/a'])
    expect(await removeData(location, { environment })).toBe(0)
  })

  test('goes on after it was stopped: what was complete is kept, what nobody wants any more is removed', async () => {
    const server = await begun(start())
    const { location, environment } = server
    const proxy = await begun(startFaultProxy(server))
    // Two of them hang until it is stopped.
    proxy.add({ path: /\/300000\/[12]$/, fault: { kind: 'slow-first-byte', ms: 60_000 } })
    const stopping = new AbortController()
    const stopped = prepareData(proxy.location, {
      ...{ chunkBytes: [100_000, 300_000], count: 3, environment, signal: stopping.signal },
      onProgress: ({ done }) => void (done === 4 && stopping.abort(new Error('stopped here'))),
    })
    await expect(stopped).rejects.toThrow('stopped here')
    expect(await namesIn(server)).toEqual(['100000/0', '100000/1', '100000/2', '300000/0', 'manifest.json'])
    const plans: DataPlan[] = []
    const done = await prepareData(location, { chunkBytes: [100_000], count: 4, environment, onPlan: (plan) => void plans.push(plan) })
    expect(plans[0]?.kept).toHaveLength(3)
    expect(done.uploaded).toBe(1)
    expect(await namesIn(server)).toEqual(['100000/0', '100000/1', '100000/2', '100000/3', 'manifest.json'])
    const reference = await begun(start())
    const undisturbed = await prepareData(reference.location, { chunkBytes: [100_000], count: 4, environment: reference.environment })
    expect(done.objects).toEqual(undisturbed.objects)
  })

  test('what is gone or has another length is uploaded again', async () => {
    const server = await begun(start())
    const { location, environment } = server
    await prepareData(location, { ...small, environment })
    await looking(server, async (store) => {
      await store.delete(['100000/0'])
      await store.put('200000/1', { bytes: 3, read: () => [new Uint8Array(3)] })
    })
    expect(await prepareData(location, { ...small, environment })).toMatchObject({ uploaded: 2, uploadedBytes: 300_000 })
  })

  test('refusals say what to do, and hold no secret', async () => {
    const server = await begun(start())
    const { location, environment, secrets } = server
    const failed = async (where: StoreLocation, options: object = {}) => {
      const error = await prepareData(where, { ...small, environment, ...options }).catch((caught: Error) => caught)
      for (const secret of secrets) expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(secret)
      return error
    }
    expect(await failed({ ...location, bucket: 'no-such-bucket' })).toMatchObject({ code: 'BUCKET_MISSING' })
    await prepareData(location, { ...small, environment, seed: 7 })
    expect(await failed(location, { seed: 8 })).toMatchObject({
      code: 'DATA_SET_DIFFERS',
      message: expect.stringContaining('seed 7, not 8'),
    })
    expect(await prepareData(location, { ...small, environment })).toMatchObject({ seed: 7, uploaded: 0 })
    await looking(server, (store) => store.put('manifest.json', { bytes: 2, read: () => [Buffer.from('{}')] }))
    expect(await failed(location)).toMatchObject({ code: 'DATA_SET_UNREADABLE' })
    expect(await failed(location, { chunkBytes: [0] })).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

test('a store that is slow, busy or broken for a while gets the same data set in the end', async () => {
  const server = await begun(startS3())
  const proxy = await begun(startFaultProxy(server))
  proxy.add({ method: 'PUT', path: /\/100000\/0$/, times: 1, fault: { kind: 'slow-down' } })
  proxy.add({ method: 'PUT', path: /\/200000\/1$/, times: 1, fault: { kind: 'internal-error' } })
  proxy.add({ method: 'GET', times: 1, fault: { kind: 'slow-first-byte', ms: 50 } })
  const { environment } = server
  const there = await prepareData(proxy.location, { ...small, environment })
  expect(there).toMatchObject({ uploaded: 4 })
  for (const { id, crc32: told } of there.objects) expect(crc32((await looking(server, (store) => store.get(id))) ?? '')).toBe(told)
  expect(proxy.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(3)
})
