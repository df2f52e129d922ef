import type { ObjectOptions } from '../model/capabilities.ts'
import { MeasurementError } from '../model/errors.ts'
import type { ObjectClient } from '../model/object-client.ts'
import type { MovedObject } from '../model/object-store.ts'
import { combineCrc32 } from './combine-crc32.ts'
import type { ObjectTransferWatch } from './object-transfer.ts'

interface Range {
  readonly first: number
  readonly last: number
}

/** A part of the object on its way. */
interface Part {
  readonly range: Range
  crc32: number
}

/**
 * Downloads an object, whole or in ranges that come side by side; nothing is kept of it but its checksum.
 * @throws MeasurementError `CHECKSUM_MISMATCH`, `OBJECT_LENGTH`, and what the client throws
 */
export async function downloadObject(
  object: MovedObject,
  client: ObjectClient,
  watch: ObjectTransferWatch,
  {
    rangeBytes = Number.POSITIVE_INFINITY,
    parallel = 1,
    verify,
  }: Pick<ObjectOptions, 'rangeBytes' | 'parallel'> & { readonly verify: boolean },
): Promise<void> {
  const parts = rangesOf(object.bytes, rangeBytes).map((range): Part => ({ range, crc32: 0 }))
  const { crc32 } = process.getBuiltinModule('node:zlib')
  const getPart = async (part: Part): Promise<void> => {
    const take = (piece: Uint8Array): void => {
      watch.moved(piece.length)
      if (!verify) return
      const startedAt = performance.now()
      part.crc32 = crc32(piece, part.crc32)
      watch.checksumMs = (watch.checksumMs ?? 0) + performance.now() - startedAt
    }
    const range = parts.length === 1 ? {} : { range: part.range }
    await client.get(object.id, { ...range, take }, watch)
  }
  const waiting = parts.values()
  const getRest = async (): Promise<void> => {
    for (const part of waiting) await getPart(part)
  }
  await Promise.all(Array.from({ length: Math.min(parallel, parts.length) }, getRest))
  if (watch.bytes !== object.bytes) throw wrongLength(object, watch.bytes)
  if (verify && object.crc32 !== undefined) checkSum(object.id, object.crc32, parts)
}

function rangesOf(bytes: number, rangeBytes: number): readonly Range[] {
  if (rangeBytes >= bytes) return [{ first: 0, last: bytes - 1 }]
  return Array.from({ length: Math.ceil(bytes / rangeBytes) }, (_, index) => ({
    first: index * rangeBytes,
    last: Math.min((index + 1) * rangeBytes, bytes) - 1,
  }))
}

function checkSum(id: string, crc32: number, parts: readonly Part[]): void {
  const came = parts.reduce((sum, part) => combineCrc32(sum, part.crc32, part.range.last - part.range.first + 1), 0)
  if (came === crc32) return
  throw new MeasurementError('CHECKSUM_MISMATCH', `Object ${id} has the CRC-32 ${hex(came)} where the manifest says ${hex(crc32)}.`, {
    hint: 'See what lies between the store and the function; run `netfair data prepare` again if the object was changed.',
  })
}

const hex = (crc32: number): string => crc32.toString(16).padStart(8, '0')

function wrongLength({ id, bytes }: MovedObject, came: number): MeasurementError {
  return new MeasurementError('OBJECT_LENGTH', `Object ${id} has ${came} bytes where the manifest says ${bytes}.`, {
    hint: 'Run `netfair data prepare` again: the object was changed.',
  })
}
