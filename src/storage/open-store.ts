import type { StoreLocation } from '../model/object-store.ts'
import type { ObjectStore, StoreAccess } from './object-store.ts'

/**
 * The store of a location; loads its SDK. Asks no network.
 * @throws InputError `PACKAGE_MISSING`, `CREDENTIALS_MISSING`
 */
export async function openStore(location: StoreLocation, access: StoreAccess = {}): Promise<ObjectStore> {
  if (location.store === 's3') return (await import('./s3/store.ts')).openS3Store(location, access)
  if (location.store === 'gcs') return (await import('./gcs/store.ts')).openGcsStore(location, access)
  return (await import('./azure-blob/store.ts')).openAzureBlobStore(location, access)
}
