import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, invalid } from './api-error.ts'
import type { Buckets, StoredObject } from './buckets.ts'
import { Draft, type ObjectMetadata } from './draft.ts'

/** Bytes of every part but the last are a multiple of this. */
const GRANULE = 256 * 1024

/** Uploads that go on over several requests; whoever knows the id may. */
export class ResumableUploads {
  readonly #directory: string
  readonly #buckets: Buckets
  readonly #sessions = new Map<string, Draft | StoredObject>()

  constructor(directory: string, buckets: Buckets) {
    this.#directory = directory
    this.#buckets = buckets
  }

  /** Those that have been begun and not ended. */
  get open(): number {
    return [...this.#sessions.values()].filter((session) => session instanceof Draft).length
  }

  async begin(bucket: string, name: string, metadata: ObjectMetadata): Promise<string> {
    const id = randomBytes(32).toString('base64url')
    this.#sessions.set(id, await Draft.open(this.#directory, bucket, name, metadata))
    return id
  }

  /** Takes the bytes of one request: 308 as long as some are missing, then the object. */
  async proceed(id: string, request: IncomingMessage, response: ServerResponse): Promise<StoredObject | undefined> {
    const session = this.#sessions.get(id)
    if (session === undefined) throw new ApiError(404, 'notFound', 'Not Found')
    if (!(session instanceof Draft)) return session
    const { start, total } = contentRange(request.headers['content-range'])
    if (start !== undefined) await this.#receive(session, start, request)
    else request.resume()
    const isLast = total === session.bytes || (total === undefined && start !== undefined && isOpenEnded(request))
    if (isLast) return this.#complete(id, session, request)
    if (start !== undefined && session.bytes % GRANULE !== 0)
      throw invalid(
        `Invalid request. The number of bytes uploaded is required to be equal or greater than ${GRANULE}, except for the final request.`,
      )
    response.writeHead(308, { ...(session.bytes > 0 && { range: `bytes=0-${session.bytes - 1}` }), 'content-length': 0 }).end()
    return undefined
  }

  async cancel(id: string): Promise<void> {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    if (session instanceof Draft) await session.discard()
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((id) => this.cancel(id)))
  }

  /** What it has already is sent again by clients that do not know. */
  async #receive(draft: Draft, start: number, request: IncomingMessage): Promise<void> {
    if (start > draft.bytes) throw invalid(`Invalid request. There were ${draft.bytes} byte(s) in the upload, not ${start}.`)
    let skip = draft.bytes - start
    for await (const piece of request as AsyncIterable<Buffer>) {
      const fresh = piece.subarray(Math.min(skip, piece.length))
      skip -= piece.length - fresh.length
      if (fresh.length > 0) await draft.append(fresh)
    }
  }

  async #complete(id: string, draft: Draft, request: IncomingMessage): Promise<StoredObject> {
    this.#sessions.delete(id)
    const stored = await draft.commit(this.#buckets, request.headers['x-goog-hash']?.toString())
    this.#sessions.set(id, stored)
    return stored
  }
}

/** `bytes 0-*` + `/*`: one request for all, of unknown length. */
const isOpenEnded = ({ headers }: IncomingMessage): boolean =>
  headers['content-range'] === undefined || /-\*\/\*$/.test(headers['content-range'])

/** Without a start only the state is asked for. */
function contentRange(header: string | undefined): { readonly start?: number; readonly total?: number } {
  if (header === undefined) return { start: 0 }
  const [, start, total] = /^bytes (?:(\d+)-(?:\d+|\*)|\*)\/(\d+|\*)$/.exec(header) ?? []
  if (total === undefined) throw invalid(`Failed to parse Content-Range header: ${header}`)
  return { ...(start !== undefined && { start: Number(start) }), ...(total !== '*' && { total: Number(total) }) }
}
