import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { local } from '../../src/providers/local.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { behindUplink } from '../test-bed/storage/behind-uplink.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'

const SIZES = [10_000_000, 200_000_000]
const MEMORY_MB = 128
let folder: string
const servers: StorageServer[] = []
const before = { ...process.env }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netfair-memory-'))
  for (const start of [startS3, startGcs]) {
    const server = await start()
    servers.push(server)
    Object.assign(process.env, server.environment)
    await prepareData(server.location, { chunkBytes: SIZES, count: 1 })
  }
}, 120_000)

afterAll(async () => {
  process.env = before
  for (const server of servers) await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test.each([
  ['s3', 'signed-url'],
  ['s3', 'sdk'],
  ['gcs', 'signed-url'],
  ['gcs', 'sdk'],
] as const)(
  '%s by %s: 200 MB take no more memory than 10 MB, in a function of 128 MB',
  async (name, transport) => {
    const server = servers.find(({ location }) => location.store === name) as StorageServer
    await using placed = await behindUplink(local({ uplinkBitsPerSecond: 2e9, sharing: 'fifo' }), server)
    const { location, provider } = placed
    const used: number[] = []
    for (const chunkBytes of SIZES) {
      const probe = objectDownload({ store: location, chunkBytes, bytes: 200_000_000, transport, stallMs: 60_000 })
      const experiment = defineExperiment({ provider, probe, memoryMb: [MEMORY_MB], concurrency: [1], repetitions: 1, warmUpMs: 0 })
      const { samples } = await run(experiment, { journal: join(folder, `${name}-${transport}-${chunkBytes}.ndjson`) })
      const [sample] = samples
      expect([sample?.outcome, sample?.bytes]).toEqual(['completed', 200_000_000])
      used.push(sample?.memoryUsedMb ?? Number.NaN)
    }
    const [small = Number.NaN, large = Number.NaN] = used
    expect(large - small).toBeLessThan(24)
  },
  240_000,
)
