import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StoreLocation } from '../../src/model/object-store.ts'
import type { Probe } from '../../src/model/probe.ts'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { type FaultProxy, startFaultProxy } from '../test-bed/storage/fault-proxy.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'

const BYTES = 300_000
let server: StorageServer
let proxy: FaultProxy
let store: ObjectStore
let location: StoreLocation
let folder: string
const before: Record<string, string | undefined> = {}

beforeAll(async () => {
  server = await startS3()
  proxy = await startFaultProxy(server)
  location = proxy.location
  folder = await mkdtemp(join(tmpdir(), 'netfair-objects-'))
  for (const [name, value] of Object.entries(server.environment)) {
    before[name] = process.env[name]
    process.env[name] = value
  }
  store = await openStore(location)
  await prepareData(location, { chunkBytes: [BYTES], count: 4 })
})

beforeEach(() => proxy?.clear())

afterAll(async () => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  await store?.close()
  await proxy?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const experimentOf = (probe: Probe, options: Partial<ExperimentOptions> = {}) =>
  defineExperiment({
    provider: local({ uplinkBitsPerSecond: 400e6, sharing: 'fifo', tier: 'plain' }),
    probe,
    memoryMb: [512],
    concurrency: [2],
    repetitions: 1,
    direction: probe.directions ?? ['download'],
    ...options,
  })

/** Runs it, and makes sure that no secret shows. */
async function measured(name: string, probe: Probe, options: Partial<ExperimentOptions> = {}) {
  const path = join(folder, `${name}.ndjson`)
  const journal = await run(experimentOf(probe, options), { journal: path, overwrite: true })
  const text = await readFile(path, 'utf8')
  for (const secret of [...server.secrets, 'X-Amz-', server.environment['AWS_ACCESS_KEY_ID'] ?? 'none']) expect(text).not.toContain(secret)
  return journal.samples
}

const idsOfRequests = (method: string): readonly string[] =>
  proxy.requests.filter((request) => request.method === method).map(({ path }) => path)

describe.each(['signed-url', 'sdk'] as const)('by %s', (transport) => {
  test('each function downloads objects of its own', async () => {
    const asked = proxy.requests.length
    const probe = objectDownload({ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, transport })
    const samples = await measured(`down-${transport}`, probe, { warmUpMs: 0 })
    expect(samples.map((sample) => [sample.outcome, 'error' in sample && sample.error])).toEqual([
      ['completed', false],
      ['completed', false],
    ])
    expect(samples.every(({ values = {} }) => (values['objects'] ?? 0) >= 1 && values['failedObjects'] === 0)).toBe(true)
    const paths = new Set(
      proxy.requests
        .slice(asked)
        .map(({ path }) => path)
        .filter((path) => path.includes(`/${BYTES}/`)),
    )
    expect(paths.size).toBe(4)
  })

  test('uploads are removed after the run', async () => {
    const samples = await measured(`up-${transport}`, objectUpload({ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, transport }), {
      warmUpMs: 0,
    })
    expect(samples.map(({ outcome, bytes, countedBy }) => [outcome, bytes, countedBy])).toEqual(
      Array(2).fill(['completed', 2 * BYTES, 'sender']),
    )
    expect(new Set(idsOfRequests('PUT').filter((path) => path.includes('/uploads/'))).size).toBeGreaterThanOrEqual(2)
    for await (const { id } of store.list('uploads/')) expect(id).toBe('nothing')
  })

  test('uploads are removed after an abort, too', async () => {
    const aborting = new AbortController()
    const asked = proxy.requests.length
    const probe = objectUpload({ store: location, chunkBytes: BYTES, seconds: 20, transport })
    const onProgress = async ({ kind }: RunEvent): Promise<void> => {
      if (kind !== 'round-started') return
      await expect
        .poll(() => proxy.requests.slice(asked).filter(({ method }) => method === 'PUT').length, { timeout: 20_000 })
        .toBeGreaterThan(4)
      aborting.abort(new Error('stopped on purpose'))
    }
    const watched: Promise<void>[] = []
    await expect(
      run(experimentOf(probe), { signal: aborting.signal, onProgress: (event) => watched.push(onProgress(event)) }),
    ).rejects.toThrow('on purpose')
    await Promise.all(watched)
    for await (const { id } of store.list('uploads/')) expect(id).toBe('nothing')
  })

  test('a fault in mid-round fails its function', async () => {
    proxy.add({ path: new RegExp(`/${BYTES}/`), nth: 2, fault: { kind: 'cut', afterBytes: 100_000 } })
    const samples = await measured(
      `cut-${transport}`,
      objectDownload({ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, transport }),
      { warmUpMs: 0 },
    )
    expect(samples.map(({ outcome }) => outcome).toSorted()).toEqual(['completed', 'failed'])
    const { cells } = await analyze(join(folder, `cut-${transport}.ndjson`))
    expect(cells).toMatchObject([{ rounds: 1, roundsUsed: 0, failed: 1 }])
  })
})

describe.each(['pull', 'one-per-invocation'] as const)('fixed work, %s', (mode) => {
  test.each([
    ['signed-url', { kind: 'corrupt' }, 'CHECKSUM_MISMATCH'],
    ['sdk', { kind: 'cut', afterBytes: 100_000 }, 'ECONNRESET'],
  ] as const)('by %s: each chunk once, a failed one elsewhere', async (transport, fault, code) => {
    proxy.add({ path: new RegExp(`/${BYTES}/2$`), times: 1, fault })
    const probe = objectDownload({ store: location, chunkBytes: BYTES, transport })
    const samples = await measured(`work-${mode}-${transport}`, probe, { work: { chunks: 4, chunkBytes: BYTES, mode } })
    const chunks = samples.flatMap((sample) => sample.chunks ?? [])
    const moved = chunks.filter(({ ok }) => ok)
    expect(moved.map(({ id, bytes }) => [id, bytes]).toSorted()).toEqual(['0', '1', '2', '3'].map((id) => [id, BYTES]))
    expect(chunks.filter(({ ok }) => !ok).map(({ id, error }) => [id, error?.code])).toEqual([['2', code]])
    const tried = samples.filter((sample) => sample.chunks?.some(({ id }) => id === '2'))
    expect(new Set(tried.map(({ invocation }) => invocation)).size).toBe(mode === 'pull' ? tried.length : 2)
    if (mode === 'one-per-invocation') expect(samples).toHaveLength(5)
  })
})

describe('refused before anything is deployed', () => {
  test.each([
    ['no data set', () => objectDownload({ store: { ...location, prefix: 'other/' }, chunkBytes: BYTES }), 'DATA_SET_MISSING'],
    ['no such size', () => objectDownload({ store: location, chunkBytes: 1000 }), 'DATA_SET_MISSING'],
    ['no bucket', () => objectDownload({ store: { ...location, bucket: 'not-there' }, chunkBytes: BYTES }), 'BUCKET_MISSING'],
    ['too few', () => objectDownload({ store: location, chunkBytes: BYTES, parallel: 3 }), 'TOO_FEW_OBJECTS'],
    [
      'nobody there',
      () => objectDownload({ store: { ...location, endpoint: 'http://127.0.0.1:9' }, chunkBytes: BYTES }),
      'STORE_UNREACHABLE',
    ],
  ])('%s', async (_, probe, code) => {
    const deployed: string[] = []
    const started = run(experimentOf(probe()), { onProgress: ({ kind }) => deployed.push(kind) })
    await expect(started).rejects.toMatchObject({ code })
    expect(deployed).not.toContain('deploying')
  })
})
