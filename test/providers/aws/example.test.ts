import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareData } from '../../../src/storage/prepare-data.ts'
import { type AwsBed, startAwsBed } from '../../test-bed/aws.ts'
import { startS3 } from '../../test-bed/storage/s3.ts'
import { runExample } from '../example-run.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

test('node examples/aws.ts, netfair run examples/aws.ts', { timeout: 180_000 }, async () => {
  for (const report of await runExample('aws.ts', bed))
    expect(report.experiment).toMatchObject({ provider: { name: 'aws', variant: 'lambda', region: bed.region } })
})

test('node examples/objects.ts, netfair run examples/objects.ts', { timeout: 180_000 }, async () => {
  await using store = await startS3()
  await prepareData(store.location, { chunkBytes: [50_000], count: 40, environment: store.environment })
  const environment = {
    ...bed.environment,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    NETFAIR_BUCKET: store.location.bucket,
    NETFAIR_CHUNK_MB: '0.05',
  }
  const secrets = [...bed.secrets, ...store.secrets]
  const measured = { environment, secrets, remains: () => bed.remains(), memoryMb: [256, 512, 2048] }
  for (const { costMap } of await runExample('objects.ts', measured)) {
    expect(costMap?.cells).toHaveLength(12)
    expect(costMap?.chosen).not.toBeNull()
    expect(costMap?.cells.every(({ roundsUsed }) => roundsUsed === 3)).toBe(true)
  }
})
