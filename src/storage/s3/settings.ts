import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { StoreLocation } from '../../model/object-store.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where the store is, and as whom it is asked. Without keys in the environment the SDK looks for credentials by its own chain. */
export function s3Settings({ region = 'us-east-1', endpoint }: StoreLocation, environment: Environment): S3ClientConfig {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment
  const keys = accessKeyId !== undefined && secretAccessKey !== undefined
  return {
    region,
    ...(keys && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } }),
    // Compatible stores know neither buckets as host names nor, all of them, the newer checksums.
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  }
}
