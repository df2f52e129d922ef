import { InputError, MeasurementError, type NetfairError } from '../model/errors.ts'
import type { StoreLocation } from '../model/object-store.ts'
import { redact } from '../model/redact.ts'

/** What an SDK's error says. */
export interface StoreFailure {
  /** Of the answer; absent where there was none. */
  readonly status?: number | undefined
  /** The store's own, or the system's: `NoSuchBucket`, `ECONNREFUSED`. */
  readonly code?: string | undefined
  readonly message: string
}

const NO_BUCKET = new Set(['NoSuchBucket', 'ContainerNotFound', 'NotFoundBucket'])
const UNREACHABLE =
  /^(E(CONN|HOST|NET|PIPE|AI_)|ENOTFOUND|ETIMEDOUT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS|REQUEST_SEND_ERROR|TimeoutError)/
const LONGEST_MESSAGE = 300

/**
 * An SDK's error in netfair's words. It is not kept as the cause: it carries its request, with the credentials.
 * @param action - what was asked for: `list objects`
 * @param secrets - what the message must not hold
 */
export function storeError(
  location: StoreLocation,
  action: string,
  { status, code, message }: StoreFailure,
  secrets: readonly (string | undefined)[],
): NetfairError {
  const place = placeOf(location)
  const what = code === undefined ? '' : `${code}: `
  const said = redact(`${what}${message}`, secrets).replaceAll(QUERY, '').replaceAll(/\s+/g, ' ').slice(0, LONGEST_MESSAGE)
  if (code !== undefined && NO_BUCKET.has(code))
    return new InputError('BUCKET_MISSING', `${place} does not exist.`, { hint: 'Create it, or correct its name and region.' })
  if (status === 401 || status === 403)
    return new InputError('STORE_ACCESS_DENIED', `${place}: may not ${action} (${said}).`, {
      hint: 'Give these credentials the right to do it, or take others.',
    })
  if (status === undefined && code !== undefined && UNREACHABLE.test(code))
    return new MeasurementError('STORE_UNREACHABLE', `${place} does not answer: ${said}.`, { hint: 'Check the network and the endpoint.' })
  const shown = status === undefined ? said : `status ${status}, ${said}`
  return new MeasurementError('STORE_FAILED', `${place}: could not ${action}: ${shown}.`, { hint: 'See what the store says; try again.' })
}

/** Queries of URLs hold signatures. */
const QUERY = /\?[^\s"'<>]*/g

/** "The bucket x (s3, eu-central-1)". */
export function placeOf({ store, bucket, region, account }: StoreLocation): string {
  const kind = store === 'azure-blob' ? 'container' : 'bucket'
  return `The ${kind} ${bucket} (${[store, region ?? account].filter((part) => part !== undefined).join(', ')})`
}

export function credentialsMissing(location: StoreLocation, hint: string): InputError {
  return new InputError('CREDENTIALS_MISSING', `${placeOf(location)}: there are no credentials.`, { hint })
}
