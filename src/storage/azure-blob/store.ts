import { Readable } from 'node:stream'
import type { BlobSASPermissions, BlobServiceClient, BlockBlobClient, UserDelegationKey } from '@azure/storage-blob'
import pLimit from 'p-limit'
import type { NetfairError } from '../../model/errors.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { optionalPackage } from '../../model/optional-package.ts'
import { DELETED_AT_ONCE, type ObjectStore, objectName, type StoreAccess } from '../object-store.ts'
import { SearchTookTooLong, timelySearch } from '../sign-in.ts'
import { credentialsMissing, storeError } from '../store-error.ts'
import { partBytes } from '../upload-parts.ts'
import { accountKey, pipelineOptions, serviceUrl } from './settings.ts'

/** The store's clock may be behind. */
const CLOCK_TOLERANCE_MS = 300_000
const CREDENTIALS_HINT = 'Set AZURE_STORAGE_KEY, or sign in with `az login`.'

/** Azure Blob Storage by its SDK: with the account's key where the environment has it, else as whoever is signed in. */
export async function openAzureBlobStore(
  location: StoreLocation,
  { signal, environment = process.env }: StoreAccess,
): Promise<ObjectStore> {
  const sdk = await optionalPackage('@azure/storage-blob', 'azureBlob()', () => import('@azure/storage-blob'))
  const { account = '', bucket: containerName } = location
  const key = accountKey(environment)
  const shared = key === undefined ? undefined : new sdk.StorageSharedKeyCredential(account, key)
  const options = pipelineOptions(location)
  const url = serviceUrl(location)
  const service = shared ? new sdk.BlobServiceClient(url, shared, options) : new sdk.BlobServiceClient(url, await signedIn(), options)
  const container = service.getContainerClient(containerName)
  const blobOf = (id: string): BlockBlobClient => container.getBlockBlobClient(objectName(location, id))
  const sending = signal === undefined ? {} : { abortSignal: signal }
  const attempt = async <Value>(action: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      throw explain(location, action, error, [key])
    }
  }
  const delegated = delegation(service)
  return {
    location,
    put: (id, { read, bytes, contentType = 'application/octet-stream', tags = {} }) =>
      attempt('store objects', async () => {
        const body = Readable.from(read(), { objectMode: false })
        const settings = { ...sending, blobHTTPHeaders: { blobContentType: contentType }, metadata: metadataOf(tags) }
        await blobOf(id).uploadStream(body, partBytes(bytes), 2, settings)
      }),
    get: (id) => attempt('read objects', () => ifThere(() => blobOf(id).downloadToBuffer(0, undefined, sending))),
    head: (id) =>
      attempt('read objects', () => ifThere(async () => ({ bytes: (await blobOf(id).getProperties(sending)).contentLength ?? 0 }))),
    async *list(idPrefix = '') {
      const prefix = objectName(location, '')
      const pages = container.listBlobsFlat({ ...sending, prefix: prefix + idPrefix })
      for (;;) {
        const { value, done } = await attempt('list objects', () => pages.next())
        if (done) return
        const { name, properties } = value
        yield { id: name.slice(prefix.length), bytes: properties.contentLength ?? 0, modifiedMs: properties.lastModified.getTime() }
      }
    },
    async delete(ids) {
      // Blocks that were never put together go by themselves, after a week.
      await pLimit(DELETED_AT_ONCE).map(ids, (id) => attempt('delete objects', () => blobOf(id).deleteIfExists(sending)))
    },
    sign: ({ method, id, expiresAtMs }) =>
      attempt('sign requests', async () => {
        const blob = blobOf(id)
        const startsOn = new Date(Date.now() - CLOCK_TOLERANCE_MS)
        const values = {
          containerName,
          blobName: blob.name,
          permissions: permissionsOf(sdk.BlobSASPermissions, method),
          startsOn,
          expiresOn: new Date(expiresAtMs),
        }
        const sas =
          shared === undefined
            ? sdk.generateBlobSASQueryParameters(values, await delegated(startsOn, expiresAtMs), account)
            : sdk.generateBlobSASQueryParameters(values, shared)
        const headers = method === 'PUT' ? { headers: { 'x-ms-blob-type': 'BlockBlob' } } : {}
        return { method, url: `${blob.url}?${sas}`, expiresAtMs, ...headers }
      }),
    async lend() {
      if (key === undefined) throw credentialsMissing(location, 'Set AZURE_STORAGE_KEY, or let functions ask as their own identity.')
      return { AZURE_STORAGE_KEY: key }
    },
    async close() {},
  }
}

async function signedIn(): Promise<import('@azure/identity').TokenCredential> {
  const { DefaultAzureCredential } = await optionalPackage('@azure/identity', 'azureBlob()', () => import('@azure/identity'))
  const credential = new DefaultAzureCredential()
  return { getToken: timelySearch((scopes, options) => credential.getToken(scopes, options)) }
}

/** A key that signs in the name of whoever is signed in; asked for once, for as long as it is needed. */
function delegation(service: BlobServiceClient): (startsOn: Date, expiresAtMs: number) => Promise<UserDelegationKey> {
  let held: { readonly expiresAtMs: number; readonly key: Promise<UserDelegationKey> } | undefined
  return (startsOn, expiresAtMs) => {
    if (held === undefined || held.expiresAtMs < expiresAtMs)
      held = { expiresAtMs: expiresAtMs + 3_600_000, key: service.getUserDelegationKey(startsOn, new Date(expiresAtMs + 3_600_000)) }
    return held.key
  }
}

const permissionsOf = ({ parse }: typeof BlobSASPermissions, method: 'GET' | 'PUT'): BlobSASPermissions =>
  parse(method === 'GET' ? 'r' : 'cw')

/** Names of metadata are identifiers. */
const metadataOf = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [name.replaceAll(/[^A-Za-z0-9_]/g, '_'), value]))

async function ifThere<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    const { statusCode, code, details } = error as { statusCode?: number; code?: string; details?: { errorCode?: string } }
    if (statusCode === 404 && (code ?? details?.errorCode) !== 'ContainerNotFound') return undefined
    throw error
  }
}

function explain(location: StoreLocation, action: string, error: unknown, secrets: readonly (string | undefined)[]): NetfairError {
  const { statusCode, code, name, message, details } = error as Error & {
    statusCode?: number
    code?: string
    details?: { errorCode?: string }
  }
  if (error instanceof SearchTookTooLong || name === 'CredentialUnavailableError' || name === 'AggregateAuthenticationError')
    return credentialsMissing(location, CREDENTIALS_HINT)
  // The rest of the message holds headers.
  const said = message.split('\n')[0] ?? ''
  return storeError(location, action, { status: statusCode, code: details?.errorCode ?? code ?? name, message: said }, secrets)
}
