import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAwsBed } from '../test-bed/aws.ts'
import { startGcpBed } from '../test-bed/gcp.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import { type PaperCloud, testPaper } from './paper-on-cloud.ts'

const started: AsyncDisposable[] = []
afterAll(async () => {
  for (const each of started) await each[Symbol.asyncDispose]()
})

async function awsCloud(): Promise<PaperCloud> {
  const [bed, store] = await Promise.all([startAwsBed({ regions: ['us-east-1'] }), startS3()])
  started.push(bed, store)
  return {
    ...{ name: 'aws', args: ['--endpoint', store.endpoint], memoryMb: 512 },
    environment: { ...bed.environment, NETFAIR_BUCKET: store.location.bucket },
    secrets: () => bed.secrets,
    remains: () => bed.remains(),
  }
}

async function gcpCloud(): Promise<PaperCloud> {
  const bed = await startGcpBed()
  const store = await startGcs({ credentialsFile: bed.environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '' })
  started.push(bed, store)
  return {
    ...{ name: 'gcp', args: ['--endpoint', store.endpoint], memoryMb: 512 },
    environment: { ...bed.environment, NETFAIR_BUCKET: store.location.bucket },
    secrets: () => bed.secrets,
    remains: () => bed.remains(),
  }
}

describe.each([
  ['AWS', awsCloud],
  ['Google', gcpCloud],
])("the paper's figures on %s", (_, start) => {
  let cloud: PaperCloud
  beforeAll(async () => {
    cloud = await start()
  })
  testPaper(() => cloud)
})

test('a provider that is not there is refused, and those that are are told', async () => {
  const run = promisify(execFile)(process.execPath, ['examples/paper/fig2.ts', '--provider', 'mars'])
  await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/no "mars".*aws, gcp, azure/s) })
})
