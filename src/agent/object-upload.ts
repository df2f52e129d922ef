import type { ObjectOptions } from '../model/capabilities.ts'
import type { ObjectClient } from '../model/object-client.ts'
import type { MovedObject } from '../model/object-store.ts'
import { contentOf } from './bulk-source.ts'
import type { ObjectTransferWatch } from './object-transfer.ts'

/** Small enough that a slow link's series stays fine-grained. */
const PIECE_BYTES = 128 * 1024

/**
 * Uploads random bytes under the object's name; it is done when the store says so. Where a request had to be sent again, its bytes count
 * from where none had been before: each byte of the object once.
 */
export async function uploadObject(
  { id, bytes }: MovedObject,
  client: ObjectClient,
  watch: ObjectTransferWatch,
  { partBytes }: Omit<ObjectOptions, 'direction'>,
): Promise<void> {
  let position = 0
  const pieces = (): Iterable<Uint8Array> => {
    position = 0
    return piecesOf(bytes)
  }
  const sent = (length: number): void => {
    position += length
    watch.moved(Math.max(0, Math.min(position, bytes) - watch.bytes))
  }
  const parts = partBytes === undefined ? {} : { partBytes }
  await client.put(id, { bytes, pieces, ...parts, sent }, watch)
  // The store has all of it; the socket may say so later.
  watch.moved(Math.max(0, bytes - watch.bytes))
}

function* piecesOf(bytes: number): Iterable<Uint8Array> {
  const piece = contentOf(PIECE_BYTES)
  for (let left = bytes; left > 0; left -= piece.length)
    yield left >= piece.length ? piece.subarray(0, PIECE_BYTES) : piece.subarray(0, left)
}
