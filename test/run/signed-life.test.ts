import { afterEach, expect, test, vi } from 'vitest'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { openObjectStock } from '../../src/run/object-work.ts'
import { plan } from '../../src/run/plan.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { undeployable } from './fake-provider.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

test('each round has signed requests of its own: a run may be longer than they live', async () => {
  await using server = await startGcs()
  const { location, environment } = server
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  await prepareData(location, { chunkBytes: [1000], count: 1 })
  const probe = objectDownload({ store: location, chunkBytes: 1000, bytes: 1000 })
  const experiment = defineExperiment({ provider: undeployable(), probe, memoryMb: [128], concurrency: [1], repetitions: 2 })
  const planned = plan(experiment)
  const stock = await openObjectStock(experiment, planned)
  const urlOf = async (index: number): Promise<string> => {
    const round = planned.rounds[index]
    if (round === undefined) throw new Error('no round')
    const options = { uploads: 'uploads/test', attempt: 1, expiresAtMs: Date.now() + 60_000 }
    return (await stock?.workOf(round, options))?.(0)?.requests?.[0]?.url ?? ''
  }
  const statusOf = async (url: string): Promise<number> => {
    const { status, body } = await fetch(url)
    await body?.cancel()
    return status
  }
  const first = await urlOf(0)
  expect(await statusOf(first)).toBe(200)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 })
  expect(await statusOf(first)).toBe(400)
  expect(await statusOf(await urlOf(1))).toBe(200)
  await stock?.close()
})
