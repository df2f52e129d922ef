import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { File } from '@google-cloud/storage'
import pLimit from 'p-limit'
import type { NetfairError } from '../../model/errors.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { optionalPackage } from '../../model/optional-package.ts'
import { DELETED_AT_ONCE, type ObjectStore, objectName, type StoreAccess } from '../object-store.ts'
import { SearchTookTooLong, timelySearch } from '../sign-in.ts'
import { credentialsMissing, storeError } from '../store-error.ts'
import { ownAgents } from './own-agents.ts'
import { CREDENTIALS_JSON, gcsSettings } from './settings.ts'

const CREDENTIALS_HINT = 'Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS.'
const NO_CREDENTIALS = /could not (load the default|refresh access) credentials|cannot sign data without/i

/** Google Cloud Storage by its SDK. */
export async function openGcsStore(location: StoreLocation, { signal, environment = process.env }: StoreAccess): Promise<ObjectStore> {
  const { Storage } = await optionalPackage('@google-cloud/storage', 'gcs()', () => import('@google-cloud/storage'))
  const agents = ownAgents(location, true)
  const storage = new Storage(gcsSettings(location, environment))
  const bucket = storage.bucket(location.bucket)
  const signIn = timelySearch(async () => location.endpoint === undefined && (await storage.authClient.getClient()))
  const fileOf = (id: string): File => bucket.file(objectName(location, id))
  const attempt = async <Value>(action: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      signal?.throwIfAborted()
      await signIn()
      return await agents.run(work)
    } catch (error) {
      signal?.throwIfAborted()
      throw explain(location, action, error)
    }
  }
  const ifThere = async <Value>(id: string, work: (file: File) => Promise<Value>): Promise<Value | undefined> => {
    const file = fileOf(id)
    try {
      return await work(file)
    } catch (error) {
      if ((error as { code?: unknown }).code === 404 && (await bucket.exists())[0]) return undefined
      throw error
    }
  }
  return {
    location,
    put: (id, { read, contentType = 'application/octet-stream', tags = {} }) =>
      attempt('store objects', async () => {
        const into = fileOf(id).createWriteStream({ contentType, resumable: false, metadata: { metadata: { ...tags } } })
        await pipeline(Readable.from(read(), { objectMode: false }), into, signal === undefined ? {} : { signal })
      }),
    get: (id) => attempt('read objects', () => ifThere(id, async (file) => (await file.download())[0])),
    head: (id) => attempt('read objects', () => ifThere(id, async (file) => ({ bytes: Number((await file.getMetadata())[0].size) }))),
    async *list(idPrefix = '') {
      const prefix = objectName(location, '')
      for (let query: object | null = { prefix: prefix + idPrefix, autoPaginate: false }; query !== null; ) {
        const asked: object = query
        const [files, next] = await attempt('list objects', () => bucket.getFiles(asked))
        for (const { name, metadata } of files)
          yield {
            id: name.slice(prefix.length),
            bytes: Number(metadata.size ?? 0),
            modifiedMs: Date.parse(String(metadata.updated ?? metadata.timeCreated ?? 0)),
          }
        query = next ?? null
      }
    },
    async delete(ids) {
      await pLimit(DELETED_AT_ONCE).map(ids, (id) => attempt('delete objects', () => fileOf(id).delete({ ignoreNotFound: true })))
    },
    sign: ({ method, id, expiresAtMs }) =>
      attempt('sign requests', async () => {
        const action = method === 'GET' ? 'read' : 'write'
        const [url] = await fileOf(id).getSignedUrl({ version: 'v4', action, expires: expiresAtMs })
        return { method, url, expiresAtMs }
      }),
    async lend() {
      if (location.endpoint !== undefined) return {}
      const { [CREDENTIALS_JSON]: json, GOOGLE_APPLICATION_CREDENTIALS: file } = environment
      if (json === undefined && file === undefined)
        throw credentialsMissing(location, 'Set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account, or use its identity.')
      return { [CREDENTIALS_JSON]: json ?? (await readFile(file ?? '', 'utf8')) }
    },
    async close() {
      agents.close()
    },
  }
}

function explain(location: StoreLocation, action: string, error: unknown): NetfairError {
  const { code, message, errors } = error as { code?: unknown; message?: string; errors?: readonly { reason?: string }[] }
  const said = message ?? String(error)
  if (error instanceof SearchTookTooLong || NO_CREDENTIALS.test(said)) return credentialsMissing(location, CREDENTIALS_HINT)
  const status = typeof code === 'number' ? code : undefined
  const name = typeof code === 'string' ? code : errors?.[0]?.reason
  // A missing object has been told apart before.
  return storeError(location, action, { status, code: status === 404 ? 'NoSuchBucket' : name, message: said }, [])
}
