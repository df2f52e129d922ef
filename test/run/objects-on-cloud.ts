import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { FixedWork } from '../../src/model/fixed-work.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { StoreLocation } from '../../src/model/object-store.ts'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import type { DeployRequest, Provider } from '../../src/providers/provider.ts'
import { defineExperiment, type Experiment } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import type { ListedObject } from '../../src/storage/object-store.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { withStore } from '../../src/storage/with-store.ts'
import { type Certificates, makeCertificates } from '../test-bed/certificates.ts'
import { type FaultProxy, startFaultProxy } from '../test-bed/storage/fault-proxy.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'

/** A cloud with its store, both on this machine. */
export interface ObjectCloud extends AsyncDisposable {
  readonly name: 'aws' | 'gcp' | 'azure'
  readonly store: StorageServer
  /** What a process needs to use both. */
  readonly environment: Readonly<Record<string, string>>
  /** Credentials that may show nowhere, as of now. */
  secrets(): readonly string[]
  /** What is left in the account. */
  remains(): readonly string[]
  provider(): Provider
  /** As whom a request with these headers was sent; undefined: as nobody, or nobody that may. */
  askedAs(headers: IncomingHttpHeaders): 'function' | 'user' | undefined
}

/** How the SDK of each cloud's store names itself to the store, and what stands in its code. */
const SDK = {
  aws: { agent: 'aws-sdk-js', code: 'aws-sdk-js' },
  gcp: { agent: 'gcloud-node-storage', code: 'gcloud-node' },
  azure: { agent: 'azsdk-js-azure-storage-blob', code: 'azsdk-js-azure-storage-blob' },
} as const
const [CHUNKS, BYTES] = [6, 60_000]
type Transport = 'signed-url' | 'sdk'
type Direction = 'download' | 'upload'

/** The tests of objects that functions of a cloud move: each transport, direction and way of dealing out a work. */
export function testObjects(start: () => Promise<ObjectCloud>): void {
  let cloud: ObjectCloud
  let folder: string
  let target: StartedTarget
  /** What functions talk to. */
  let proxy: FaultProxy
  let location: StoreLocation
  const before = { ...process.env }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netfair-objects-'))
    cloud = await start()
    Object.assign(process.env, cloud.environment)
    target = await startTarget({ port: 0, httpPort: 0, processes: 1 })
    const certificates = cloud.store.location.ca === undefined ? undefined : await makeCertificates(folder)
    proxy = await startFaultProxy(cloud.store, certificates === undefined ? {} : { certificates })
    location = seenThrough(proxy, cloud.store, certificates)
    await prepareData(location, { chunkBytes: [BYTES], count: CHUNKS })
  }, 120_000)

  beforeEach(() => proxy.clear())

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await target?.dispose()
    await cloud?.[Symbol.asyncDispose]()
    process.env = before
    await rm(folder, { recursive: true, force: true })
  })

  const experimentOf = (transport: Transport, direction: Direction, mode: FixedWork['mode'], more: Partial<StoreLocation> = {}) => {
    const options = { store: { ...location, ...more }, chunkBytes: BYTES, transport }
    return defineExperiment({
      provider: cloud.provider(),
      probe: direction === 'download' ? objectDownload({ ...options, verify: 'always' }) : objectUpload(options),
      work: { chunks: CHUNKS, chunkBytes: BYTES, mode },
      direction: [direction],
      memoryMb: [512],
      concurrency: [2],
      repetitions: 1,
      warmUpMs: 0,
      target: target.target,
    })
  }

  /** Runs it. Whatever comes of it, no secret shows and nothing is left. */
  async function measured(experiment: Experiment): Promise<Measured> {
    const asked = proxy.requests.length
    const agents: DeployRequest['agent'][] = []
    const uploaded: ListedObject[] = []
    const journalFile = join(folder, `${asked}.ndjson`)
    const provider = watched(experiment.provider, {
      deploying: (agent) => void agents.push(agent),
      // Before the run removes what was uploaded.
      ending: async () => void uploaded.push(...(await listed(location, 'uploads/'))),
    })
    const journal = await run({ ...experiment, provider }, { journal: journalFile, readyTimeoutMs: 60_000 })
    const [agent, ...others] = agents
    if (agent === undefined || others.length > 0) throw new Error('not deployed once')
    const { credentials: _, ...config } = agent
    const shown = (await readFile(journalFile, 'utf8')) + JSON.stringify(config)
    for (const secret of [...cloud.secrets(), 'X-Amz-Signature', 'X-Goog-Signature', 'sig=']) expect(shown).not.toContain(secret)
    expect(cloud.remains()).toEqual([])
    expect(await listed(location, 'uploads/')).toEqual([])
    return { journal, agent, uploaded, requests: proxy.requests.slice(asked) }
  }

  test.each([
    ['signed-url', 'download', 'pull'],
    ['signed-url', 'upload', 'one-per-invocation'],
    ['sdk', 'download', 'one-per-invocation'],
    ['sdk', 'upload', 'pull'],
  ] as const)(
    '%s, %s, %s: each chunk once, whole, as who may; the cost is the quote',
    { timeout: 90_000 },
    async (transport, direction, mode) => {
      const experiment = experimentOf(transport, direction, mode)
      const { journal, agent, uploaded, requests } = await measured(experiment)
      const { samples } = journal
      expect(samples.map(({ outcome, ...sample }) => [outcome, 'error' in sample && sample.error])).toEqual(
        samples.map(() => ['completed', false]),
      )
      expect(samples).toHaveLength(mode === 'pull' ? 2 : CHUNKS)
      const chunks = samples.flatMap((sample) => sample.chunks ?? [])
      expect(chunks.map(({ id, ok, bytes }) => [id, ok, bytes]).toSorted()).toEqual(each((index) => [String(index), true, BYTES]))
      expect(samples.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(CHUNKS * BYTES)

      // The store saw as many requests as the functions have counted, each object once.
      expect(samples.reduce((sum, { values }) => sum + (values?.['requests'] ?? 0), 0)).toBe(requests.length)
      const objects = new Set(requests.map(({ path }) => path))
      expect([requests.length, objects.size]).toEqual([CHUNKS, CHUNKS])
      if (direction === 'upload') expect(uploaded.map(({ bytes }) => bytes)).toEqual(each(() => BYTES))
      else for (const { values } of samples.filter(({ bytes }) => bytes !== 0)) expect(values?.['checksumSumMs']).toBeGreaterThan(0)

      // The agent without an SDK holds none and asks as nobody; the other one as the function, which was lent nothing.
      expect(basename(agent.bundle)).toBe(transport === 'sdk' ? `${cloud.name}-sdk.mjs` : `${cloud.name}.mjs`)
      expect((await readFile(agent.bundle, 'utf8')).includes(SDK[cloud.name].code)).toBe(transport === 'sdk')
      expect(agent).not.toHaveProperty('credentials')
      for (const { headers } of requests) {
        expect((headers['user-agent'] ?? '').includes(SDK[cloud.name].agent), headers['user-agent']).toBe(transport === 'sdk')
        expect(cloud.askedAs(headers)).toBe(transport === 'sdk' ? 'function' : undefined)
      }

      const owned = withOwnStore(journal)
      const { cost, costMap, warnings } = analyzeJournal(owned)
      const quoted = plan({ ...experiment, probe: experiment.probe.withParams({ store: ownStore(location) }) }).quote?.items ?? []
      const meters = ['requests', direction === 'download' ? 'storage reads' : 'storage writes']
      expect(quoted.map(({ meter }) => meter)).toEqual(cost?.items.map(({ meter }) => meter))
      for (const meter of meters) {
        const [billed, said] = [cost?.items, quoted].map((items) => items?.find((item) => item.meter === meter)?.usd ?? 0)
        expect(billed, meter).toBeGreaterThan(0)
        expect(said, meter).toBeCloseTo(billed ?? 0, 15)
      }
      // Bytes to a store of the same region cost nothing.
      expect(quoted.map(({ meter }) => meter)).not.toContain('egress GB')
      expect(costMap?.prices).toMatchObject({ provider: cloud.name, asIf: false, unverified: expect.arrayContaining(meters.slice(1)) })
      expect(costMap?.cells.map(({ roundsUsed }) => roundsUsed)).toEqual([1])
      expect((costMap?.cells[0]?.usd?.median ?? 0) / (cost?.finalUsd ?? 1)).toBeCloseTo(1, 9)
      expect(costMap?.reasons).toEqual([])
      expect(warnings.filter(({ message }) => !message.includes('did not tell the billed time'))).toEqual([])
      // The journal as it is names a store that is not the cloud's own.
      const elsewhere = analyzeJournal(journal)
      expect(elsewhere.costMap?.reasons).toContainEqual({ code: 'cost', message: expect.stringContaining('of another provider') })
      expect(elsewhere.cost?.items.some(({ meter }) => meter === 'egress GB')).toBe(direction === 'upload')
    },
  )

  test('a chunk that came wrong is moved by another function, and none counts twice', { timeout: 90_000 }, async () => {
    proxy.add({ path: new RegExp(`/${BYTES}/3$`), times: 1, fault: { kind: 'corrupt' } })
    const { journal, requests } = await measured(experimentOf('signed-url', 'download', 'pull'))
    const chunks = journal.samples.flatMap((sample) => sample.chunks ?? [])
    expect(chunks.flatMap(({ id, ok }) => (ok ? id : [])).toSorted()).toEqual(each(String))
    expect(chunks.filter(({ ok }) => !ok).map(({ id, error }) => [id, error?.code])).toEqual([['3', 'CHECKSUM_MISMATCH']])
    const { cost, costMap } = analyzeJournal(withOwnStore(journal))
    expect(cost?.items.find(({ meter }) => meter === 'storage reads')?.quantity).toBe(requests.length)
    expect(requests).toHaveLength(CHUNKS + 1)
    expect(costMap?.cells.map(({ roundsUsed }) => roundsUsed)).toEqual([1])
  })

  test('functions that are lent credentials ask as whoever runs the experiment', { timeout: 90_000 }, async () => {
    const { agent, requests } = await measured(experimentOf('sdk', 'download', 'pull', { credentials: 'environment' }))
    const lent = Object.values(agent.credentials ?? {})
    // Google's SDK shows none to a store that is not Google's.
    expect(lent.length > 0).toBe(cloud.name !== 'gcp')
    for (const { headers } of requests) expect(cloud.askedAs(headers)).toBe(cloud.name === 'gcp' ? undefined : 'user')
  })
}

interface Measured {
  readonly journal: Journal
  readonly agent: DeployRequest['agent']
  /** What lay under `uploads/` when the functions were done. */
  readonly uploaded: readonly ListedObject[]
  /** What functions have asked the store for. */
  readonly requests: FaultProxy['requests']
}

const each = <Value>(of: (index: number) => Value): readonly Value[] => Array.from({ length: CHUNKS }, (_, index) => of(index))

function seenThrough(proxy: FaultProxy, { location }: StorageServer, certificates: Certificates | undefined): StoreLocation {
  const ca = [location.ca, certificates?.ca].filter((each) => each !== undefined)
  return { ...location, functionEndpoint: proxy.endpoint, ...(ca.length > 0 && { ca: ca.join('\n') }) }
}

function watched(provider: Provider, { deploying, ending }: Watch): Provider {
  return {
    ...provider,
    async deploy(request) {
      deploying(request.agent)
      const deployment = await provider.deploy(request)
      return {
        memoryMb: deployment.memoryMb,
        invoke: (task, options) => deployment.invoke(task, options),
        async [Symbol.asyncDispose]() {
          await ending().finally(() => deployment[Symbol.asyncDispose]())
        },
      }
    },
  }
}

interface Watch {
  deploying(agent: DeployRequest['agent']): void
  ending(): Promise<void>
}

const listed = (location: StoreLocation, prefix: string): Promise<readonly ListedObject[]> =>
  withStore(location, {}, async (store) => {
    const objects: ListedObject[] = []
    for await (const object of store.list(prefix)) objects.push(object)
    return objects
  })

/** The same bucket, as if it were of the cloud itself: only then there are prices for it. */
const ownStore = ({ endpoint: _, functionEndpoint: __, ca: ___, ...location }: StoreLocation): StoreLocation => location

function withOwnStore(journal: Journal): Journal {
  const { probe } = journal.experiment
  const store = ownStore(probe.params?.['store'] as StoreLocation)
  return { ...journal, experiment: { ...journal.experiment, probe: { ...probe, params: { ...probe.params, store } } } }
}
