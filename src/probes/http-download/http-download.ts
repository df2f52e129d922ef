import { InputError } from '../../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Probe } from '../../model/probe.ts'
import { checkHeaders } from './check-headers.ts'
import { type HttpDownloadParams, httpDownloadProbe } from './measure.ts'
import { httpUrl, originOf } from './origin.ts'

/** Options of {@link httpDownload}. All of them but `allowOrigins` are written to the journal: keep secrets out of them. */
export interface HttpDownloadOptions {
  /** What to download, http or https, without user and password. Default: bytes of netfair's own target. */
  readonly url?: string
  /** Requests are repeated for so many seconds, more than 0, at most 3600; the last one is cut off. Default 2, unless `bytes` is given. */
  readonly seconds?: number
  /**
   * Instead of `seconds`: payload bytes in all, 1–10^12; requests are repeated until they came, what comes beyond them is cut off. A function
   * that is slower than 20 Mbit/s may meet its deadline before.
   */
  readonly bytes?: number
  /** Connections, 1–128. Default 1. */
  readonly parallel?: number
  /** Each request asks for the next so many bytes of the object, 1–10^12, and begins again behind its end. Default: the whole object. Needs `url`. */
  readonly rangeBytes?: number
  /** Many requests a connection, opened before the agreed start (default); or a new connection for each request, opened after it. */
  readonly keepAlive?: boolean
  /** Further request headers. They go wherever redirects lead, and to the journal: those for credentials are refused. Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Further origins that redirects may lead to: `https://cdn.example.org`. Default none: only the url's own, so that none leads from https
   * to http unless the `http:` origin is named.
   */
  readonly allowOrigins?: readonly string[]
  /** Certificates of the authorities to trust instead of the known ones, PEM. Default: the known ones. */
  readonly ca?: string
}

const BYTES = { type: 'integer', minimum: 1, maximum: 1e12 }

const schema: OptionsSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', description: "An http or https URL; default: bytes of netfair's own target." },
    seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600, description: 'Seconds, more than 0, at most 3600; default 2.' },
    bytes: { ...BYTES, description: 'Payload bytes in all instead of seconds, 1–10^12.' },
    parallel: { type: 'integer', minimum: 1, maximum: 128, default: 1, description: 'Connections, 1–128; default 1.' },
    rangeBytes: { ...BYTES, description: 'Bytes that each request asks for, 1–10^12; default: the whole object.' },
    keepAlive: { type: 'boolean', default: true, description: 'Many requests a connection (default), or one.' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'Request headers: {"x-name": "value"}.' },
    allowOrigins: {
      type: 'array',
      items: { type: 'string' },
      description: 'Origins that redirects may lead to: ["https://cdn.example.org"].',
    },
    ca: { type: 'string', pattern: '-----BEGIN CERTIFICATE-----', description: 'PEM text, with -----BEGIN CERTIFICATE-----.' },
  },
  additionalProperties: false,
}

/** An experiment by bytes gives a function the time that they take at this rate. */
const SLOWEST_BITS_PER_SECOND = 20e6

/**
 * Download rate of any URL, as HTTP/1.1 payload bytes (without heads and the framing of chunks), counted as they are received. Downloads only.
 *
 * The sample's values: `connectMs` (TCP and TLS handshake, median over connections), `firstByteMs` (from a request to the first byte of
 * its answer, median over requests), `requests` (redirects and retries included), `retries` (idle connections that the server had closed).
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function httpDownload(options: HttpDownloadOptions = {}): Probe {
  const { allowOrigins = [], ...given } = checkOptions<HttpDownloadOptions & HttpDownloadParams>('httpDownload()', options, schema)
  checkTogether(given)
  checkHeaders(given.headers)
  const { url, bytes } = given
  const params: HttpDownloadParams = {
    ...given,
    ...(url !== undefined && { url: httpUrl('url', url).href }),
    ...(bytes === undefined && { seconds: given.seconds ?? 2 }),
  }
  const origins = [...new Set([...(url === undefined ? [] : [httpUrl('url', url).origin]), ...allowOrigins.map(originOf)])]
  return {
    name: httpDownloadProbe.name,
    version: httpDownloadProbe.version,
    params,
    directions: ['download'],
    fixedWork: ['download'],
    origins,
    expectedMs: bytes === undefined ? 1000 * (params.seconds ?? 0) : Math.max(1000, (8000 * bytes) / SLOWEST_BITS_PER_SECOND),
    withParams: (changes) => httpDownload({ ...options, ...changes }),
  }
}

function checkTogether({ url, seconds, bytes, rangeBytes }: HttpDownloadOptions): void {
  if (seconds !== undefined && bytes !== undefined)
    throw new InputError(
      'INVALID_OPTION',
      `httpDownload(): both "seconds" (${seconds}) and "bytes" (${bytes}) are given; only one may end it.`,
      {
        hint: 'Remove one of them.',
      },
    )
  if (rangeBytes !== undefined && url === undefined)
    throw new InputError(
      'INVALID_OPTION',
      `httpDownload(): "rangeBytes" (${rangeBytes}) needs "url": netfair's own target knows no ranges.`,
      {
        hint: 'Give "url", or remove "rangeBytes".',
      },
    )
}
