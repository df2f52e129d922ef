import type { Probe } from '../../model/probe.ts'
import { objectUploadProbe } from './measure.ts'
import { type ObjectProbeOptions, objectProbe } from './options.ts'

/** Options of {@link objectUpload}. */
export interface ObjectUploadOptions extends ObjectProbeOptions {
  /** In parts of this size (multipart upload, resumable upload, blocks), 256 KiB – 5 GiB; only with the transport `sdk`. Default: in one request. */
  readonly partBytes?: number
}

const own = {
  partBytes: { type: 'integer', minimum: 262_144, maximum: 5 * 2 ** 30, description: 'Bytes of each part, 262,144 – 5,368,709,120.' },
}

/**
 * Uploads objects of random bytes to an object store, each under a name of its own; they are removed after the run. Uploads only.
 *
 * Bytes count as the network takes them (`countedBy: 'sender'`), each byte of an object once; an object counts as moved when the store says so.
 * The sample's values are those of `objectDownload`; `firstByteMs` is the time from the last byte sent to the answer.
 * @throws InputError `UNKNOWN_OPTION`, `MISSING_OPTION`, `INVALID_OPTION`
 */
export function objectUpload(options: ObjectUploadOptions): Probe {
  return objectProbe(options, { subject: 'objectUpload()', code: objectUploadProbe, direction: 'upload', own, again: objectUpload })
}
