import { readFileSync } from 'node:fs'
import { InputError } from '../model/errors.ts'
import type { StoreLocation } from '../model/object-store.ts'
import { azureBlob, gcs, s3 } from '../storage/locations.ts'

/** What an address cannot say. */
export interface StoreFlags {
  readonly region?: string
  readonly endpoint?: string
  /** File with certificates. */
  readonly ca?: string
}

/**
 * `s3://bucket/prefix`, `gs://bucket/prefix`, `azure://account/container/prefix`; the prefix is optional.
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`
 */
export function storeLocation(
  address: string,
  { region: flagged, endpoint, ca }: StoreFlags,
  environment: NodeJS.ProcessEnv = process.env,
): StoreLocation {
  const [, scheme = '', rest = ''] = /^(s3|gs|azure):\/\/(.+)$/.exec(address) ?? []
  const names = rest.split('/')
  const path = names.slice(scheme === 'azure' ? 2 : 1).join('/')
  const shared = {
    ...(path !== '' && { prefix: path.replace(/\/*$/, '/') }),
    ...(endpoint !== undefined && { endpoint }),
    ...(ca !== undefined && { ca: certificates(ca) }),
  }
  const [first = '', second = ''] = names
  if (scheme === 'gs') return gcs({ bucket: first, ...shared })
  if (scheme === 'azure') return azureBlob({ account: first, container: second, ...shared })
  if (scheme !== 's3')
    throw new InputError('INVALID_OPTION', `--store: ${JSON.stringify(address)} is no address of a store.`, {
      hint: 'Write s3://bucket/prefix, gs://bucket/prefix or azure://account/container/prefix.',
    })
  const region = flagged ?? (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'])
  if (region) return s3({ bucket: first, region, ...shared })
  throw new InputError('MISSING_OPTION', `--store: no region is known of ${address}.`, { hint: 'Give --region, or set AWS_REGION.' })
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError('INVALID_OPTION', `--ca: ${file} cannot be read.`, { hint: 'It must be a file with certificates in PEM.', cause })
  }
}
