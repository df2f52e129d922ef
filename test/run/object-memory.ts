import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import { local } from '../../src/providers/local.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { behindUplink } from '../test-bed/storage/behind-uplink.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { labOf } from './lab.ts'

interface MemoryCase {
  readonly transport: 'signed-url' | 'sdk'
  readonly direction: 'download' | 'upload'
}

const memoryCases: readonly MemoryCase[] = (['signed-url', 'sdk'] as const).flatMap((transport) =>
  (['download', 'upload'] as const).map((direction) => ({ transport, direction })),
)

const SMALL = 20_000_000
const LARGE = 200_000_000
const MEMORY_MB = 128
/** CPUs of a function of 3008 MB; one of 128 MB then has all of a core, which its memory does not depend on. */
const VCPUS = 24

/** Most resident memory, in MiB, of a function that moves a small object, and of one that moves a large one. */
async function peaksOfMoving(server: StorageServer, moving: MemoryCase): Promise<{ readonly small: number; readonly large: number }> {
  const small = await peakOfMoving(server, SMALL, moving)
  const large = await peakOfMoving(server, LARGE, moving)
  const { direction, transport } = moving
  console.log(
    `${server.location.store}, ${direction} by ${transport}: ${Math.round(small)} MiB for 20 MB, ${Math.round(large)} MiB for 200 MB`,
  )
  return { small, large }
}

/**
 * How much more the large one may take, in MiB. An SDK makes a new buffer for each read: between two collections of garbage there are some tens
 * of MiB of them, however large the object.
 */
const spread = ({ direction, transport }: MemoryCase): number => (transport === 'sdk' && direction === 'download' ? 60 : 8)

/** Moves one object in a function of 128 MB, which its cgroup ends where it takes more. */
async function peakOfMoving(server: StorageServer, chunkBytes: number, { transport, direction }: MemoryCase): Promise<number> {
  // An upload has to wait for it.
  await using placed = await behindUplink(local({ uplinkBitsPerSecond: 1e9, sharing: 'fifo', tier: 'privileged', vcpus: VCPUS }), server)
  const probe = { download: objectDownload, upload: objectUpload }[direction]
  const experiment = defineExperiment({
    provider: placed.provider,
    probe: probe({ store: placed.location, chunkBytes, bytes: chunkBytes, transport, stallMs: 60_000 }),
    memoryMb: [MEMORY_MB],
    concurrency: [1],
    direction: [direction],
    repetitions: 1,
    warmUpMs: 0,
  })
  let most = 0
  let over = false
  const watch = async (): Promise<void> => {
    for (let agents: readonly number[] = []; !over; await sleep(50)) {
      if (agents.length === 0) agents = agentsNow()
      const peaks = await Promise.all(agents.map(peakOf))
      most = Math.max(most, ...peaks)
      if (peaks.includes(0)) agents = []
    }
  }
  const watching = watch()
  const { samples } = await run(experiment).finally(() => {
    over = true
    return watching
  })
  const [sample] = samples
  if (sample?.outcome !== 'completed' || sample.bytes !== chunkBytes) throw new Error(JSON.stringify(sample))
  return Math.max(most, sample.memoryUsedMb ?? 0)
}

/** None while the lab is being made or removed. */
function agentsNow(): readonly number[] {
  try {
    return labOf(process.pid).agents()
  } catch {
    return []
  }
}

/** 0 where it has ended. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** A store in which functions of 128 MB move 200 MB, up and down: their memory does not grow with it. */
export function testMemory(name: string, start: () => Promise<StorageServer>): void {
  describe(name, () => {
    let server: StorageServer
    const before = { ...process.env }

    beforeAll(async () => {
      server = await start()
      Object.assign(process.env, server.environment)
      await prepareData(server.location, { chunkBytes: [SMALL, LARGE], count: 1 })
    }, 120_000)

    afterAll(async () => {
      process.env = before
      await server?.[Symbol.asyncDispose]()
    })

    test.each(memoryCases)('a function of 128 MB moves 200 MB: $direction by $transport', async (moving) => {
      const { small, large } = await peaksOfMoving(server, moving)
      expect(large - small).toBeLessThan(spread(moving))
    })
  })
}
