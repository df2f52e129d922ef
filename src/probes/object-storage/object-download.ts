import type { Verify } from '../../model/capabilities.ts'
import type { Probe } from '../../model/probe.ts'
import { objectDownloadProbe } from './measure.ts'
import { type ObjectProbeOptions, objectProbe } from './options.ts'

/** Options of {@link objectDownload}. */
export interface ObjectDownloadOptions extends ObjectProbeOptions {
  /** Each request asks for so many bytes of an object, 1–10^10, `parallel` of them side by side. Default: the whole object. */
  readonly rangeBytes?: number
  /**
   * When the CRC-32 of what came must be that of the data set: the first time that a function gets an object (default), each time, or never.
   * The length always must. It takes about as much CPU time as the download itself.
   */
  readonly verify?: Verify
  /** All functions get the same objects, not each its own. Default false. */
  readonly hot?: boolean
}

const own = {
  rangeBytes: { type: 'integer', minimum: 1, maximum: 1e10, description: 'Bytes that each request asks for; default: the whole object.' },
  verify: {
    enum: ['once', 'always', 'never'],
    default: 'once',
    description: 'Checksums: "once" an object (default), "always" or "never".',
  },
  hot: { type: 'boolean', default: false, description: 'Whether all functions get the same objects; default false.' },
}

/**
 * Downloads objects of a data set from an object store; bytes are counted as they come and dropped. Downloads only.
 *
 * The sample's values: `objects`, `failedObjects`, `requests` (also those sent again), `retries` (those alone), medians `connectMs` (TCP and TLS
 * handshake), `tlsMs` (the TLS handshake alone), `firstByteMs` (from the request to the first byte of the answer) and `objectMs` (a whole object),
 * sums `connectSumMs`, `tlsSumMs`, `firstByteSumMs`, `objectSumMs`, `checksumSumMs` (of the objects that came whole), and `sdkMs` (loading the SDK).
 * @throws InputError `UNKNOWN_OPTION`, `MISSING_OPTION`, `INVALID_OPTION`
 */
export function objectDownload(options: ObjectDownloadOptions): Probe {
  return objectProbe(options, { subject: 'objectDownload()', code: objectDownloadProbe, direction: 'download', own, again: objectDownload })
}
