import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { unsatisfiable } from './api-error.ts'
import type { StoredObject } from './buckets.ts'

/** Sends the bytes of an object, or those of the range that is asked for. */
export async function sendMedia(request: IncomingMessage, response: ServerResponse, { file, resource }: StoredObject): Promise<void> {
  const size = Number(resource.size)
  const range = rangeOf(request.headers.range, size)
  const { start, end } = range ?? { start: 0, end: size - 1 }
  response.writeHead(range === undefined ? 200 : 206, {
    'content-type': resource.contentType,
    'content-length': end - start + 1,
    ...(range !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
    ...checksumHeaders({ resource }),
    'accept-ranges': 'bytes',
    'last-modified': new Date(resource.updated).toUTCString(),
  })
  if (request.method === 'HEAD' || size === 0) {
    response.end()
    return
  }
  const handle = await open(file)
  await pipeline(handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }), response)
}

/** Of the whole object, whatever range is asked for. */
export function checksumHeaders({ resource }: Pick<StoredObject, 'resource'>): Record<string, string> {
  const { crc32c, md5Hash, generation, size } = resource
  return {
    'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
    'x-goog-generation': generation,
    'x-goog-metageneration': '1',
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-stored-content-length': size,
    etag: `"${Buffer.from(md5Hash, 'base64').toString('hex')}"`,
  }
}

/** Both ends included; undefined where all is meant, also where the header cannot be read. */
function rangeOf(header: string | undefined, size: number): { readonly start: number; readonly end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (start >= size || end < start) throw unsatisfiable()
  return { start, end }
}
