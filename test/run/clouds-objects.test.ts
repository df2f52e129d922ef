import { describe } from 'vitest'
import { aws } from '../../src/providers/aws.ts'
import { gcp } from '../../src/providers/gcp.ts'
import { startAwsBed } from '../test-bed/aws.ts'
import { startGcpBed } from '../test-bed/gcp.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import { type ObjectCloud, testObjects } from './objects-on-cloud.ts'

async function startAws(): Promise<ObjectCloud> {
  // Prices of S3 are known there.
  const bed = await startAwsBed({ regions: ['us-east-1'] })
  const store = await startS3()
  const { AWS_SESSION_TOKEN: user = '' } = bed.environment
  return {
    name: 'aws',
    store,
    environment: bed.environment,
    secrets: () => [...bed.secrets, ...store.secrets],
    remains: () => bed.remains(),
    provider: () => aws({ region: bed.region, roleArn: bed.roleArn }),
    askedAs({ 'x-amz-security-token': token }) {
      if (token === user) return 'user'
      return bed.secrets.some((secret) => secret === token) ? 'function' : undefined
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await bed[Symbol.asyncDispose]()
    },
  }
}

async function startGcp(): Promise<ObjectCloud> {
  const bed = await startGcpBed()
  const { GOOGLE_APPLICATION_CREDENTIALS: credentialsFile = '' } = bed.environment
  const store = await startGcs({ credentialsFile })
  return {
    name: 'gcp',
    store,
    environment: bed.environment,
    secrets: () => bed.secrets,
    remains: () => bed.remains(),
    provider: () => gcp({ projectId: bed.projectId, region: bed.region }),
    askedAs: ({ authorization }) => (bed.functionTokens.some((token) => authorization === `Bearer ${token}`) ? 'function' : undefined),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await bed[Symbol.asyncDispose]()
    },
  }
}

describe.each([
  ['AWS Lambda and S3', startAws],
  ['Google Cloud Functions and Cloud Storage', startGcp],
])('%s', (_, start) => testObjects(start))
