import { InputError } from '../../model/errors.ts'
import { type ObjectTransport, type StoreLocation, storeOrigin } from '../../model/object-store.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Probe } from '../../model/probe.ts'
import { type ObjectParams, objectsAtOnce } from './measure.ts'

/** What both probes take. All of it is written to the journal. */
export interface ObjectProbeOptions {
  /** Where the objects are: `s3({…})`, `gcs({…})`, `azureBlob({…})`. */
  readonly store: StoreLocation
  /** Size of each object, 1–10^10 bytes. Downloads need a data set of it: `netfair data prepare`. */
  readonly chunkBytes: number
  /** Objects are moved for so many seconds, more than 0, at most 3600; the last ones are cut off. Default 5, unless `bytes` is given. */
  readonly seconds?: number
  /** Instead of `seconds`: whole objects, until so many bytes have come, 1–10^12. Neither acts in rounds of fixed work. */
  readonly bytes?: number
  /** `signed-url` (default) = raw HTTP without SDK and credentials in the function, `sdk` = as applications do it. */
  readonly transport?: ObjectTransport
  /** Requests at once, 1–128: of objects, or of the parts of one object. Default 1. */
  readonly parallel?: number
  /** Many requests a connection (default), or a new connection for each. */
  readonly keepAlive?: boolean
  /** A transfer that moves no byte for so long has failed, 100–600,000 ms. Default 10,000. */
  readonly stallMs?: number
}

/** An experiment by bytes gives a function the time that they take at this rate. */
const SLOWEST_BITS_PER_SECOND = 20e6

const bytes = (maximum: number, description: string) => ({ type: 'integer', minimum: 1, maximum, description })

const shared = {
  store: {
    type: 'object',
    required: ['store', 'bucket'],
    description: 'Where the objects are: s3({…}), gcs({…}) or azureBlob({…}).',
  },
  chunkBytes: bytes(1e10, 'Bytes of each object, 1–10^10: 10e6.'),
  seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600, description: 'Seconds, more than 0, at most 3600; default 5.' },
  bytes: bytes(1e12, 'Payload bytes in all instead of seconds, 1–10^12.'),
  transport: { enum: ['signed-url', 'sdk'], default: 'signed-url' },
  parallel: { type: 'integer', minimum: 1, maximum: 128, default: 1, description: 'Requests at once, 1–128; default 1.' },
  keepAlive: { type: 'boolean', default: true, description: 'Many requests a connection (default), or one.' },
  stallMs: { type: 'number', minimum: 100, maximum: 600_000, default: 10_000, description: 'Milliseconds, 100–600,000; default 10,000.' },
}

/** What makes one of the probes. */
interface ObjectProbeKind<Options extends ObjectProbeOptions> {
  /** `objectDownload()`, for messages. */
  readonly subject: string
  readonly code: Pick<Probe, 'name' | 'version'>
  readonly direction: 'download' | 'upload'
  /** Schema of its own options. */
  readonly own: OptionsSchema['properties']
  again(options: Options): Probe
}

/** @throws InputError `UNKNOWN_OPTION`, `MISSING_OPTION`, `INVALID_OPTION` */
export function objectProbe<Options extends ObjectProbeOptions>(
  options: Options,
  { subject, code, direction, own, again }: ObjectProbeKind<Options>,
): Probe {
  const schema: OptionsSchema = {
    type: 'object',
    required: ['store', 'chunkBytes'],
    properties: { ...shared, ...own },
    additionalProperties: false,
  }
  const given = checkOptions<ObjectParams>(subject, options, schema)
  checkTogether(subject, given)
  const params: ObjectParams = { ...given, ...(given.bytes === undefined && { seconds: given.seconds ?? 5 }) }
  const { store: location, transport, chunkBytes, hot = false } = params
  return {
    name: code.name,
    version: code.version,
    params,
    directions: [direction],
    fixedWork: [direction],
    origins: [storeOrigin(location)],
    objects: {
      ...{ location, transport, direction, chunkBytes, atOnce: objectsAtOnce(params), hot, requestsEach: requestsEach(params) },
      ...(given.bytes !== undefined && { bytes: given.bytes }),
    },
    expectedMs: expectedMs(params),
    withParams: (changes) => again({ ...options, ...changes }),
  }
}

/** As the store bills them. */
function requestsEach({ store: { store }, chunkBytes, rangeBytes = chunkBytes, partBytes }: ObjectParams): number {
  if (partBytes === undefined) return Math.ceil(chunkBytes / rangeBytes)
  const parts = Math.ceil(chunkBytes / partBytes)
  // Google bills a resumable upload as one; Azure puts the blocks together in one more; S3 also begins by one, unless there is one part only.
  if (store === 'gcs') return 1
  if (store === 'azure-blob') return parts + 1
  return parts === 1 ? 1 : parts + 2
}

const expectedMs = ({ seconds = 0, bytes }: ObjectParams): number =>
  bytes === undefined ? 1000 * seconds : Math.max(1000, (8000 * bytes) / SLOWEST_BITS_PER_SECOND)

function checkTogether(subject: string, { seconds, bytes, partBytes, transport }: ObjectParams): void {
  if (seconds !== undefined && bytes !== undefined)
    throw invalid(subject, `both "seconds" (${seconds}) and "bytes" (${bytes}) are given; only one may end it`, 'Remove one of them.')
  if (partBytes !== undefined && transport !== 'sdk')
    throw invalid(subject, `"partBytes" (${partBytes}) needs the transport "sdk"`, 'Add transport: "sdk", or remove "partBytes".')
}

const invalid = (subject: string, what: string, hint: string): InputError =>
  new InputError('INVALID_OPTION', `${subject}: ${what}.`, { hint })
