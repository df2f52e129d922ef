import type { IncomingMessage } from 'node:http'
import { invalid } from './api-error.ts'
import type { ObjectMetadata } from './draft.ts'

/** An upload in one request: the object's metadata, and its bytes as they come. */
export interface MultipartUpload {
  readonly metadata: ObjectMetadata
  readonly media: AsyncIterable<Uint8Array>
}

const HEAD_AT_MOST = 64 * 1024

/** Reads `multipart/related` of two parts, JSON and media, without keeping the media. */
export async function readMultipart(request: IncomingMessage): Promise<MultipartUpload> {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) throw invalid('Missing multipart boundary.')
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let head = Buffer.alloc(0)
  for (;;) {
    const parts = splitHead(head, boundary)
    if (parts !== undefined) return { metadata: parts.metadata, media: mediaOf(parts.rest, pieces, Buffer.from(`\r\n--${boundary}--`)) }
    const next = await pieces.next()
    if (next.done || head.length > HEAD_AT_MOST) throw invalid('Malformed multipart body.')
    head = Buffer.concat([head, next.value])
  }
}

/** `--B`, headers, empty line, JSON, `--B`, headers, empty line; undefined where not all of it has come. */
function splitHead(head: Buffer, boundary: string): { readonly metadata: ObjectMetadata; readonly rest: Buffer } | undefined {
  const firstEnd = head.indexOf('\r\n\r\n')
  const second = head.indexOf(`--${boundary}\r\n`, firstEnd)
  const secondEnd = head.indexOf('\r\n\r\n', second)
  if (firstEnd < 0 || second < 0 || secondEnd < 0) return undefined
  const metadata = JSON.parse(head.subarray(firstEnd + 4, second).toString('utf8')) as ObjectMetadata
  return { metadata, rest: head.subarray(secondEnd + 4) }
}

/** What comes until the closing boundary, which is the last thing that comes. */
async function* mediaOf(rest: Buffer, pieces: AsyncIterator<Buffer>, closing: Buffer): AsyncGenerator<Uint8Array> {
  // It may be followed by a line end.
  const heldBack = closing.length + 2
  let held = rest
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) break
    const all = held.length === 0 ? value : Buffer.concat([held, value])
    const end = Math.max(0, all.length - heldBack)
    if (end > 0) yield all.subarray(0, end)
    held = all.subarray(end)
  }
  const end = held.lastIndexOf(closing)
  if (end < 0) throw invalid('Malformed multipart body.')
  if (end > 0) yield held.subarray(0, end)
}
