import { InputError } from '../model/errors.ts'
import type { StoreLocation } from '../model/object-store.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'

/** What all kinds of store have in common. All of it is written to the journal. */
export interface StoreOptions {
  /** Another origin than the store's own, for compatible stores and test servers: `http://127.0.0.1:9000`. */
  readonly endpoint?: string
  /** The same store as functions reach it, where that is another origin than for the run: a private endpoint. Default: `endpoint`. */
  readonly functionEndpoint?: string
  /** All names begin with it, 1–200 characters, the last one `/`. Default `netfair/`. */
  readonly prefix?: string
  /**
   * With the transport `sdk`, as whom functions ask: `identity` = as the platform's own identity of the function; `environment` = with the
   * credentials of whoever runs the experiment, which are handed to the functions as they are deployed. Default `identity` in a cloud,
   * `environment` on this machine, where functions have no identity.
   */
  readonly credentials?: 'identity' | 'environment'
  /** Certificates of the authorities to trust instead of the known ones, PEM. Default: the known ones. */
  readonly ca?: string
}

export interface S3Options extends StoreOptions {
  /** 3–63 characters: letters, digits, `-`, `.`. */
  readonly bucket: string
  /** `eu-central-1`. */
  readonly region: string
}

export interface GcsOptions extends StoreOptions {
  /** 3–222 characters: letters, digits, `-`, `_`, `.`. */
  readonly bucket: string
}

export interface AzureBlobOptions extends StoreOptions {
  /** The storage account, 3–24 letters and digits. */
  readonly account: string
  /** 3–63 characters: lower-case letters, digits, `-`. */
  readonly container: string
}

const text = (pattern: string, description: string) => ({ type: 'string', pattern, description })
const bucket = text('^[a-zA-Z0-9][a-zA-Z0-9._-]{1,220}[a-zA-Z0-9]$', 'The name of a bucket: letters, digits, "-", "_" and ".".')
const shared = {
  endpoint: text('^https?://', 'An origin: "http://127.0.0.1:9000". It is optional.'),
  functionEndpoint: text('^https?://', 'An origin: "http://10.0.0.7:9000". It is optional.'),
  prefix: text(
    '^(?!/)[A-Za-z0-9._/-]{0,199}/$',
    'Letters, digits, ".", "_", "-" and "/", the last one "/". It is optional and defaults to "netfair/".',
  ),
  credentials: { enum: ['identity', 'environment'] },
  ca: text('-----BEGIN CERTIFICATE-----', 'PEM text, with -----BEGIN CERTIFICATE-----. It is optional.'),
}

const schemaOf = (own: OptionsSchema['properties']): OptionsSchema => ({
  type: 'object',
  required: Object.keys(own),
  properties: { ...own, ...shared },
  additionalProperties: false,
})

const s3Schema = schemaOf({ bucket, region: text('^[a-z0-9-]{2,40}$', 'The region of the bucket: "eu-central-1".') })
const gcsSchema = schemaOf({ bucket })
const azureSchema = schemaOf({
  account: text('^[a-z0-9]{3,24}$', 'The name of a storage account: 3–24 lower-case letters and digits.'),
  container: text('^[a-z0-9](-?[a-z0-9]){2,62}$', 'The name of a container: 3–63 lower-case letters, digits and "-".'),
})

/**
 * A bucket of Amazon S3, or of a store that speaks as it does (with `endpoint`; default as for AWS's SDKs: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`).
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function s3(options: S3Options): StoreLocation {
  const { AWS_ENDPOINT_URL: everywhere, AWS_ENDPOINT_URL_S3: endpoint = everywhere } = process.env
  return { store: 's3', ...checked<S3Options>('s3()', endpoint ? { endpoint, ...options } : options, s3Schema) }
}

/**
 * A bucket of Google Cloud Storage.
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export const gcs = (options: GcsOptions): StoreLocation => ({ store: 'gcs', ...checked<GcsOptions>('gcs()', options, gcsSchema) })

/**
 * A container of Azure Blob Storage.
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function azureBlob(options: AzureBlobOptions): StoreLocation {
  const { container, ...rest } = checked<AzureBlobOptions>('azureBlob()', options, azureSchema)
  return { store: 'azure-blob', bucket: container, ...rest }
}

function checked<Options extends StoreOptions>(subject: string, options: Options, schema: OptionsSchema): Options {
  const given = checkOptions<Options>(subject, options, schema)
  const { endpoint, functionEndpoint } = given
  return {
    ...given,
    ...(endpoint !== undefined && { endpoint: originOf(subject, 'endpoint', endpoint) }),
    ...(functionEndpoint !== undefined && { functionEndpoint: originOf(subject, 'functionEndpoint', functionEndpoint) }),
  }
}

function originOf(subject: string, option: string, endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url !== null && url.pathname + url.search + url.hash === '/' && url.username + url.password === '') return url.origin
  throw new InputError('INVALID_OPTION', `${subject}: "${option}" must be scheme, host and port only.`, {
    hint: `Write "${url?.origin ?? 'https://host:port'}".`,
  })
}
