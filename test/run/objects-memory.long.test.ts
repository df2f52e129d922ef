import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { LARGE, memoryCases, peaksOfMoving, SMALL, spread } from './object-memory.ts'

const before = { ...process.env }

describe.each([
  ['s3', startS3],
  ['gcs', startGcs],
] as const)('%s', (_, start) => {
  let server: StorageServer

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
