import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { ApiError, invalid } from './api-error.ts'
import type { Buckets, StoredObject } from './buckets.ts'
import { Draft, type ObjectMetadata } from './draft.ts'
import { checksumHeaders, sendMedia } from './media.ts'
import { type MultipartUpload, readMultipart } from './multipart.ts'
import type { ResumableUploads } from './resumable.ts'
import type { ServiceAccount } from './service-account.ts'
import { checkSignedUrl } from './signed-url.ts'

export interface Parts {
  readonly directory: string
  readonly account: ServiceAccount
  readonly buckets: Buckets
  readonly uploads: ResumableUploads
  /** Whether the JSON API wants tokens. */
  readonly authenticated: boolean
  /** Objects of a page of a list at most. */
  readonly pageSize: number
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
}

/** Answers one request: `POST /token`, the JSON API, uploads, and signed URLs. */
export async function answer(parts: Parts, call: Call): Promise<void> {
  const { response, url } = call
  const json = /^\/(storage|upload|token)(\/|$)/.test(url.pathname) && !url.searchParams.has('X-Goog-Signature')
  try {
    if (json) await answerApi(parts, call)
    else await answerSignedUrl(parts, call)
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy()
    else (error instanceof ApiError ? error : new ApiError(500, 'backendError', String(error))).answer(response, json ? 'json' : 'xml')
  }
}

async function answerApi(parts: Parts, call: Call): Promise<void> {
  const { request, url } = call
  const [, api = '', bucket, inBucket, name] =
    /^\/(token|storage\/v1\/b|upload\/storage\/v1\/b)(?:\/([^/]+)(\/o)?(?:\/(.+))?)?$/.exec(url.pathname) ?? []
  if (api === 'token') return giveToken(parts, call)
  const session = url.searchParams.get('upload_id')
  if (api.startsWith('upload') && session !== null) return proceed(parts, call, session)
  if (parts.authenticated) parts.account.checkCaller(request.headers.authorization)
  if (api.startsWith('upload') && bucket !== undefined) return upload(parts, call, decodeURIComponent(bucket))
  if (bucket === undefined) return bucketList(parts, call)
  if (inBucket === undefined) return tellBucket(parts, call, decodeURIComponent(bucket))
  if (name === undefined) return listObjects(parts, call, decodeURIComponent(bucket))
  return objectCall(parts, call, { bucket: decodeURIComponent(bucket), name: decodeURIComponent(name) })
}

async function giveToken({ account }: Parts, { request, response }: Call): Promise<void> {
  const { status, body } = account.exchange(new URLSearchParams(await text(request)))
  send(response, body, status)
}

async function bucketList({ buckets }: Parts, { request, response }: Call): Promise<void> {
  if (request.method !== 'POST') throw new ApiError(405, 'methodNotAllowed', 'Method Not Allowed')
  const { name } = JSON.parse(await text(request)) as { readonly name: string }
  buckets.create(name)
  send(response, { kind: 'storage#bucket', id: name, name, location: 'EU' })
}

function tellBucket({ buckets }: Parts, { response }: Call, bucket: string): void {
  buckets.objects(bucket)
  send(response, { kind: 'storage#bucket', id: bucket, name: bucket, location: 'EU' })
}

function listObjects({ buckets, pageSize }: Parts, { response, url }: Call, bucket: string): void {
  const query = url.searchParams
  const maxResults = Math.min(Number(query.get('maxResults') ?? pageSize), pageSize)
  const page = buckets.list(bucket, { prefix: query.get('prefix') ?? '', maxResults, pageToken: query.get('pageToken') ?? undefined })
  send(response, { kind: 'storage#objects', ...page })
}

async function objectCall(
  { buckets }: Parts,
  { request, response, url }: Call,
  { bucket, name }: { bucket: string; name: string },
): Promise<void> {
  if (request.method === 'DELETE') {
    await buckets.remove(bucket, name)
    response.writeHead(204).end()
    return
  }
  if (request.method !== 'GET') throw new ApiError(405, 'methodNotAllowed', 'Method Not Allowed')
  const stored = buckets.find(bucket, name)
  if (url.searchParams.get('alt') === 'media') await sendMedia(request, response, stored)
  else send(response, stored.resource)
}

async function upload(parts: Parts, call: Call, bucket: string): Promise<void> {
  const { request, response, url } = call
  parts.buckets.objects(bucket)
  const type = url.searchParams.get('uploadType')
  if (type === 'resumable') {
    const metadata = { contentType: headerOf(request, 'x-upload-content-type'), ...jsonOf(await text(request)) }
    const name = nameOf(url, metadata)
    checkGeneration(parts, url, bucket, name)
    const location = new URL(url)
    location.searchParams.set('upload_id', await parts.uploads.begin(bucket, name, metadata))
    response.writeHead(200, { location: location.href, 'content-length': 0 }).end()
    return
  }
  const { metadata, media }: MultipartUpload =
    type === 'multipart'
      ? await readMultipart(request)
      : { metadata: { contentType: headerOf(request, 'content-type') }, media: request as AsyncIterable<Uint8Array> }
  const name = nameOf(url, metadata)
  checkGeneration(parts, url, bucket, name)
  send(response, (await receive(parts, { bucket, name, metadata, media }, headerOf(request, 'x-goog-hash'))).resource)
}

async function proceed({ uploads }: Parts, { request, response }: Call, id: string): Promise<void> {
  if (request.method === 'DELETE') {
    await uploads.cancel(id)
    response.writeHead(499, { 'content-length': 0 }).end()
    return
  }
  const stored = await uploads.proceed(id, request, response)
  if (stored !== undefined) send(response, stored.resource)
}

async function answerSignedUrl(parts: Parts, { request, response, url }: Call): Promise<void> {
  checkSignedUrl(request, url, parts.account)
  const [, bucket = '', name = ''] = decodeURIComponent(url.pathname).match(/^\/([^/]+)\/(.+)$/) ?? []
  if (request.method !== 'PUT') return sendMedia(request, response, parts.buckets.find(bucket, name))
  parts.buckets.objects(bucket)
  const metadata = { contentType: headerOf(request, 'content-type'), md5Hash: headerOf(request, 'content-md5') }
  const stored = await receive(parts, { bucket, name, metadata, media: request }, headerOf(request, 'x-goog-hash'))
  response.writeHead(200, { ...checksumHeaders(stored), 'content-length': 0 }).end()
}

interface Arrival {
  readonly bucket: string
  readonly name: string
  readonly metadata: ObjectMetadata
  readonly media: AsyncIterable<Uint8Array>
}

async function receive({ directory, buckets }: Parts, { bucket, name, metadata, media }: Arrival, hashes?: string): Promise<StoredObject> {
  const draft = await Draft.open(directory, bucket, name, metadata)
  try {
    for await (const piece of media) await draft.append(piece)
  } catch (error) {
    await draft.discard()
    throw error
  }
  return draft.commit(buckets, hashes)
}

/** An upload that must not replace another one. */
function checkGeneration({ buckets }: Parts, url: URL, bucket: string, name: string): void {
  const wanted = url.searchParams.get('ifGenerationMatch')
  const found = buckets.objects(bucket).get(name)?.resource.generation ?? '0'
  if (wanted !== null && wanted !== found)
    throw new ApiError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.', 'PreconditionFailed')
}

function nameOf(url: URL, metadata: ObjectMetadata): string {
  const name = url.searchParams.get('name') ?? metadata.name
  if (!name) throw invalid('Required')
  return name
}

const jsonOf = (body: string): ObjectMetadata => (body === '' ? {} : (JSON.parse(body) as ObjectMetadata))

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => headers[name]?.toString()

function send(response: ServerResponse, body: object, status = 200): void {
  const json = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', 'content-length': Buffer.byteLength(json) }).end(json)
}
