import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { StoreLocation } from '../../src/model/object-store.ts'
import { pipelineOptions, serviceUrl } from '../../src/storage/azure-blob/settings.ts'
import { type Certificates, makeCertificates } from '../test-bed/certificates.ts'
import type { StorageOptions, StorageServer } from '../test-bed/storage/storage-server.ts'
import { freePort, listening, startServer } from './server-process.ts'

const ACCOUNT = 'netfairtest'
const azurite = fileURLToPath(new URL('node_modules/azurite/dist/src/blob/main.js', import.meta.url))

/** Starts Azurite, Microsoft's emulator of Azure Blob Storage: shared keys and SAS are verified. Blobs lie in a temporary directory. */
export async function startAzurite(options: StorageOptions = {}): Promise<StorageServer> {
  const { bucket = 'netfair-test', host = '127.0.0.1', tls = false } = options
  const directory = await mkdtemp(join(tmpdir(), 'netfair-azurite-'))
  const certificates = tls ? await makeCertificates(directory) : undefined
  const [port, key] = [await freePort(host), randomBytes(64).toString('base64')]
  const server = startServer(process.execPath, [azurite, ...flags(directory, { host, port, certificates })], {
    env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` },
    cwd: directory,
  })
  const dispose = async (): Promise<void> => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const endpoint = `${tls ? 'https' : 'http'}://${host}:${port}`
  const location: StoreLocation = {
    ...{ store: 'azure-blob', account: ACCOUNT, bucket, endpoint },
    ...(certificates !== undefined && { ca: certificates.ca }),
  }
  try {
    await listening(host, port, server)
    await makeContainer(location, key)
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    endpoint,
    location,
    environment: { AZURE_STORAGE_KEY: key },
    secrets: [key],
    [Symbol.asyncDispose]: dispose,
  }
}

interface Place {
  readonly host: string
  readonly port: number
  readonly certificates: Certificates | undefined
}

/** It does not know the newest version of the API that the client names, and would tell Microsoft of its use. */
function flags(directory: string, { host, port, certificates }: Place): string[] {
  const tls =
    certificates === undefined ? [] : ['--cert', join(directory, 'server.pem'), '--key', join(directory, 'server.key'), '--oauth', 'basic']
  const address = ['--blobHost', host, '--blobPort', String(port), '--location', directory]
  return [...address, ...tls, '--silent', '--disableTelemetry', '--skipApiVersionCheck']
}

async function makeContainer(location: StoreLocation, key: string): Promise<void> {
  const service = new BlobServiceClient(serviceUrl(location), new StorageSharedKeyCredential(ACCOUNT, key), pipelineOptions(location))
  await service.createContainer(location.bucket)
}
