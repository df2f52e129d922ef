import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { buildApp } from 'fauxqs'
import { makeCertificates } from '../certificates.ts'
import { close, listen, originOf, type ServedRequest, type StorageOptions, type StorageServer } from './storage-server.ts'

export interface S3Server extends StorageServer {
  readonly requests: readonly ServedRequest[]
}

const REGION = 'us-east-1'

/** Starts fauxqs, an S3 server in this process. It keeps objects in memory, and verifies checksums but no signatures: those Ceph verifies. */
export async function startS3(options: StorageOptions = {}): Promise<S3Server> {
  const { bucket = 'netfair-test', host, tls = false } = options
  const directory = await mkdtemp(join(tmpdir(), 'netfair-s3-'))
  const certificates = tls ? await makeCertificates(directory) : undefined
  const app = buildApp({ logger: false, defaultRegion: REGION })
  // It would take 11 MiB, less than what one PUT by a signed URL brings.
  app.removeContentTypeParser('*')
  app.addContentTypeParser('*', (_request: unknown, payload: IncomingMessage) => buffer(payload))
  await app.ready()
  await app.inject({
    method: 'PUT',
    url: `/${bucket}`,
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request' },
  })
  const requests: ServedRequest[] = []
  const server = await listen(
    (request, response) => {
      requests.push({ method: request.method ?? '', path: new URL(request.url ?? '/', 'http://store').pathname })
      app.routing(request, response)
    },
    { host, certificates },
  )
  const endpoint = originOf(server, certificates)
  const secret = 'planted-secret-key-of-the-test-store/9f31'
  return {
    endpoint,
    location: { store: 's3', bucket, region: REGION, endpoint, ...(certificates !== undefined && { ca: certificates.ca }) },
    environment: {
      AWS_ACCESS_KEY_ID: 'AKIATESTSTORE0000001',
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    secrets: [secret],
    requests,
    async [Symbol.asyncDispose]() {
      await close(server)
      await app.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
