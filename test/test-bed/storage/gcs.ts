import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificates } from '../certificates.ts'
import { Buckets, type ObjectResource } from './gcs/buckets.ts'
import { ResumableUploads } from './gcs/resumable.ts'
import { answer } from './gcs/routes.ts'
import { ServiceAccount } from './gcs/service-account.ts'
import { close, listen, originOf, type ServedRequest, type StorageOptions, type StorageServer } from './storage-server.ts'

export interface GcsOptions extends StorageOptions {
  /** Whether the JSON API wants an access token (`POST /token` gives it). Default false: Google's client sends none to an endpoint that is not Google's. */
  readonly authenticated?: boolean
  /** Key file of the one account that may use it. Default: it makes one. */
  readonly credentialsFile?: string
  /** Objects of a page of a list at most. Default 1000. */
  readonly pageSize?: number
}

export interface GcsServer extends StorageServer {
  readonly requests: readonly ServedRequest[]
  /** What is stored in its bucket. */
  objects(): readonly ObjectResource[]
  /** Resumable uploads that were begun and not ended. */
  openUploads(): number
  /** Every access token given out so far is over. */
  expireTokens(): void
}

/**
 * Starts a server that behaves as Google Cloud Storage does: the JSON API (buckets; objects with ranges and CRC32C; media, multipart and resumable
 * uploads; lists in pages), and V4 signed URLs, whose signatures are verified. Bytes lie in files, so memory stays constant.
 */
export async function startGcs(options: GcsOptions = {}): Promise<GcsServer> {
  const { bucket = 'netfair-test', host, tls = false, authenticated = false, pageSize = 1000, credentialsFile } = options
  const directory = await mkdtemp(join(tmpdir(), 'netfair-gcs-'))
  await mkdir(join(directory, 'objects'))
  const [account, certificates] = await Promise.all([
    credentialsFile === undefined ? ServiceAccount.create(directory, 'netfair-test') : ServiceAccount.read(credentialsFile),
    tls ? makeCertificates(directory) : undefined,
  ])
  const buckets = new Buckets()
  buckets.create(bucket)
  const uploads = new ResumableUploads(join(directory, 'objects'), buckets)
  const parts = { directory: join(directory, 'objects'), account, buckets, uploads, authenticated, pageSize }
  const requests: ServedRequest[] = []
  const protocol = tls ? 'https' : 'http'
  const server = await listen(
    (request, response) => {
      const url = new URL(request.url ?? '/', `${protocol}://${request.headers.host}`)
      requests.push({ method: request.method ?? '', path: url.pathname })
      void answer(parts, { request, response, url })
    },
    { host, certificates },
  )
  const endpoint = originOf(server, certificates)
  return {
    endpoint,
    location: { store: 'gcs', bucket, endpoint, ...(certificates !== undefined && { ca: certificates.ca }) },
    environment: {
      GOOGLE_APPLICATION_CREDENTIALS: account.credentialsFile,
      GOOGLE_CLOUD_PROJECT: 'netfair-test',
      METADATA_SERVER_DETECTION: 'none',
    },
    secrets: account.secrets,
    requests,
    objects: () => [...buckets.objects(bucket).values()].map(({ resource }) => resource),
    openUploads: () => uploads.open,
    expireTokens: () => account.expireTokens(),
    async [Symbol.asyncDispose]() {
      await close(server)
      await uploads.dispose()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
