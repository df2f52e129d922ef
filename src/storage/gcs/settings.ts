import type { StorageOptions } from '@google-cloud/storage'
import type { StoreLocation } from '../../model/object-store.ts'

/** The content of the file that `GOOGLE_APPLICATION_CREDENTIALS` names: what a function is given, which has no such file. */
export const CREDENTIALS_JSON = 'GOOGLE_CREDENTIALS_JSON'

/** Where the store is, and as whom it is asked. Another endpoint than Google's own is asked without credentials. */
export function gcsSettings({ endpoint }: StoreLocation, environment: Readonly<Record<string, string | undefined>>): StorageOptions {
  const { [CREDENTIALS_JSON]: json, GOOGLE_APPLICATION_CREDENTIALS: keyFilename } = environment
  // That of this process the library finds by itself, without a warning.
  const named = json === undefined && keyFilename !== process.env['GOOGLE_APPLICATION_CREDENTIALS']
  return {
    ...(json !== undefined && { credentials: JSON.parse(json) as NonNullable<StorageOptions['credentials']> }),
    ...(named && keyFilename !== undefined && { keyFilename }),
    ...(endpoint !== undefined && { apiEndpoint: endpoint, projectId: 'netfair' }),
  }
}

/**
 * The same in a function: as its own identity where it is lent no credentials. What it has to show it shows also at another endpoint, as a private one of
 * Google's; lent none at all (`{}`) it asks as nobody, as test servers want it.
 */
export function gcsFunctionSettings(location: StoreLocation, credentials: Readonly<Record<string, string>> | undefined): StorageOptions {
  const known = credentials === undefined || CREDENTIALS_JSON in credentials
  return { ...gcsSettings(location, credentials ?? {}), ...(known && { useAuthWithCustomEndpoint: true }) }
}
