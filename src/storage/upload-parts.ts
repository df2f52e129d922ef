import type { StoreLocation } from '../model/object-store.ts'

/** Larger objects are uploaded in parts of this, except to Google Cloud Storage. */
const PART_BYTES = 8 * 1024 * 1024

/** Bytes of a part of an upload; S3 takes 10,000 of them at most. */
export const partBytes = (bytes: number): number => Math.max(PART_BYTES, Math.ceil(bytes / 10_000))

/** Requests that storing an object takes and that are billed as writes. */
export function writesOf({ store }: StoreLocation, bytes: number): number {
  const parts = Math.ceil(bytes / partBytes(bytes))
  if (store === 'gcs' || parts <= 1) return 1
  // Azure puts the blocks together in one request more, S3 also begins an upload by one.
  return parts + (store === 's3' ? 2 : 1)
}
