import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { LARGE, memoryCases, peaksOfMoving, SMALL, spread } from '../run/object-memory.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { startAzurite } from './azurite.ts'

let server: StorageServer
const before = { ...process.env }

beforeAll(async () => {
  server = await startAzurite()
  Object.assign(process.env, server.environment)
  await prepareData(server.location, { chunkBytes: [SMALL, LARGE], count: 1 })
}, 120_000)

afterAll(async () => {
  process.env = before
  await server?.[Symbol.asyncDispose]()
})

test.each(memoryCases)('Azurite: a function of 128 MB moves 200 MB, $direction by $transport', async (moving) => {
  const { small, large } = await peaksOfMoving(server, moving)
  expect(large - small).toBeLessThan(spread(moving))
})
