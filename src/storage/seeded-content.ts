import { createCipheriv, createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

const PIECE_BYTES = 256 * 1024

/**
 * Bytes that nothing can compress, the same for the same seed and id on every machine: the key stream of AES-128 in counter mode, whose key is
 * the start of the SHA-256 of `netfair SEED ID`. One piece at a time, so memory stays constant.
 */
export function* seededContent(seed: number, id: string, bytes: number): Generator<Uint8Array> {
  const key = createHash('sha256').update(`netfair ${seed} ${id}`).digest().subarray(0, 16)
  const cipher = createCipheriv('aes-128-ctr', key, new Uint8Array(16))
  const zeros = new Uint8Array(Math.min(PIECE_BYTES, bytes))
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield cipher.update(left < zeros.length ? zeros.subarray(0, left) : zeros)
}

/** CRC-32 (IEEE, as zlib's) of {@link seededContent}. */
export function seededCrc32(seed: number, id: string, bytes: number): number {
  let crc = 0
  for (const piece of seededContent(seed, id, bytes)) crc = crc32(piece, crc)
  return crc
}
