import { Agent } from 'node:https'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import type { StoreLocation } from '../../model/object-store.ts'
import { optionalPackage } from '../../model/optional-package.ts'
import { DELETED_AT_ONCE, type ListedObject, type ObjectStore, objectName, type StoreAccess } from '../object-store.ts'
import { SearchTookTooLong, timelySearch } from '../sign-in.ts'
import { credentialsMissing, storeError } from '../store-error.ts'
import { partBytes } from '../upload-parts.ts'
import { s3Settings } from './settings.ts'

const CREDENTIALS_HINT = 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in by another way that the AWS SDK knows.'

/** S3 by its SDK. */
export async function openS3Store(location: StoreLocation, { signal, environment = process.env }: StoreAccess): Promise<ObjectStore> {
  const sdk = await optionalPackage('@aws-sdk/client-s3', 's3()', () => import('@aws-sdk/client-s3'))
  const settings = s3Settings(location, environment)
  const client = new sdk.S3Client({
    ...settings,
    ...(settings.credentials === undefined && { credentials: timelySearch(new sdk.S3Client(settings).config.credentials) }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(location.ca !== undefined && { requestHandler: { httpsAgent: new Agent({ keepAlive: true, ca: location.ca }) } }),
  })
  const { bucket: Bucket } = location
  const keyOf = (id: string) => ({ Bucket, Key: objectName(location, id) })
  const sending = signal === undefined ? {} : { abortSignal: signal }
  const attempt = <Value>(action: string, work: () => Promise<Value>): Promise<Value> =>
    work().catch(async (error: unknown) => {
      signal?.throwIfAborted()
      throw await explain(client, location, action, error)
    })
  /** Those in parts that are not ended. */
  async function uploadsOf(ids: readonly string[]): Promise<{ Bucket: string; Key: string; UploadId: string | undefined }[]> {
    const keys = new Set(ids.map((id) => keyOf(id).Key))
    const place = { Bucket, Prefix: objectName(location, commonPrefix(ids)) }
    const found: { Bucket: string; Key: string; UploadId: string | undefined }[] = []
    for (let from = {}; ; ) {
      const page = await client.send(new sdk.ListMultipartUploadsCommand({ ...place, ...from }), sending)
      for (const { Key = '', UploadId } of page.Uploads ?? []) if (keys.has(Key)) found.push({ Bucket, Key, UploadId })
      if (page.IsTruncated !== true) return found
      from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    }
  }
  return {
    location,
    async put(id, { read, bytes, contentType = 'application/octet-stream', tags = {} }) {
      const { Upload } = await optionalPackage('@aws-sdk/lib-storage', 's3()', () => import('@aws-sdk/lib-storage'))
      const params = {
        ...keyOf(id),
        Body: Readable.from(read(), { objectMode: false }),
        ContentType: contentType,
        ...(Object.keys(tags).length > 0 && { Tagging: new URLSearchParams(tags).toString() }),
      }
      const upload = new Upload({ client: abortable(client, signal), params, partSize: partBytes(bytes), queueSize: 2 })
      const abort = () => void upload.abort()
      signal?.addEventListener('abort', abort, { once: true })
      await attempt('store objects', () => upload.done()).finally(() => signal?.removeEventListener('abort', abort))
    },
    get: (id) =>
      attempt('read objects', async () => {
        try {
          const { Body } = await client.send(new sdk.GetObjectCommand(keyOf(id)), sending)
          return await Body?.transformToByteArray()
        } catch (error) {
          if ((error as { name?: unknown }).name === 'NoSuchKey') return undefined
          throw error
        }
      }),
    head: (id) =>
      attempt('read objects', async () => {
        try {
          const { ContentLength } = await client.send(new sdk.HeadObjectCommand(keyOf(id)), sending)
          return { bytes: ContentLength ?? 0 }
        } catch (error) {
          if ((error as { name?: unknown }).name === 'NotFound') return undefined
          throw error
        }
      }),
    async *list(idPrefix = '') {
      const prefix = objectName(location, '')
      for (let token: string | undefined; ; ) {
        const page = await attempt('list objects', () =>
          client.send(
            new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix + idPrefix, ...(token !== undefined && { ContinuationToken: token }) }),
            sending,
          ),
        )
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
          yield { id: Key.slice(prefix.length), bytes: Size, modifiedMs: LastModified?.getTime() ?? 0 } satisfies ListedObject
        token = page.NextContinuationToken
        if (token === undefined) return
      }
    },
    async delete(ids) {
      // One by one: for several at once older stores want checksums that newer SDKs do not send.
      await pLimit(DELETED_AT_ONCE).map(ids, (id) =>
        attempt('delete objects', () => client.send(new sdk.DeleteObjectCommand(keyOf(id)), sending)),
      )
      for (const begun of ids.length === 0 ? [] : await attempt('list uploads', () => uploadsOf(ids)))
        await attempt('give up uploads', () => client.send(new sdk.AbortMultipartUploadCommand(begun), sending))
    },
    async sign({ method, id, expiresAtMs }) {
      const { getSignedUrl } = await optionalPackage('@aws-sdk/s3-request-presigner', 's3()', () => import('@aws-sdk/s3-request-presigner'))
      const expiresIn = Math.max(1, Math.ceil((expiresAtMs - Date.now()) / 1000))
      const command = method === 'GET' ? new sdk.GetObjectCommand(keyOf(id)) : new sdk.PutObjectCommand(keyOf(id))
      const url = await attempt('sign requests', () => getSignedUrl(client, command, { expiresIn }))
      return { method, url, expiresAtMs }
    },
    lend: () =>
      attempt('find credentials', async () => {
        const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials()
        const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
        return sessionToken === undefined ? keys : { ...keys, AWS_SESSION_TOKEN: sessionToken }
      }),
    async close() {
      client.destroy()
    },
  }
}

function commonPrefix([first = '', ...others]: readonly string[]): string {
  return others.reduce((prefix, id) => {
    let same = 0
    while (same < prefix.length && prefix[same] === id[same]) same++
    return prefix.slice(0, same)
  }, first)
}

/** What `Upload` sends of its own accord: it would go on with requests under way, and send them again. */
function abortable(client: S3Client, signal: AbortSignal | undefined): S3Client {
  if (signal === undefined) return client
  const send = (command: object): Promise<unknown> => {
    // That one gives up an aborted upload.
    const options = command.constructor.name === 'AbortMultipartUploadCommand' ? {} : { abortSignal: signal }
    return client.send(command as never, options)
  }
  return Object.create(client, { send: { value: send } }) as S3Client
}

async function explain(client: S3Client, location: StoreLocation, action: string, error: unknown): Promise<Error> {
  const { name, code, message, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } }
  const found = await client.config.credentials().catch(() => undefined)
  if (found === undefined || error instanceof SearchTookTooLong || name === 'CredentialsProviderError')
    return credentialsMissing(location, CREDENTIALS_HINT)
  const status = $metadata?.httpStatusCode
  const failure = { status, code: status === undefined ? (code ?? name) : name, message }
  return storeError(location, action, failure, [found.secretAccessKey, found.accessKeyId, found.sessionToken])
}
