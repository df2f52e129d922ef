import type { StoreLocation } from '../model/object-store.ts'
import type { StoreAccess } from './object-store.ts'
import type { PrepareDataOptions, PreparedData } from './prepare-data.ts'

// Importing netfair must stay cheap: what uploads is loaded when something is uploaded.

/**
 * Makes a data set for `objectDownload` under the location's prefix: objects of seeded, incompressible bytes, streamed, and a manifest. What is there
 * already is not uploaded again; after a kill the next call goes on, and removes what is not wanted any more.
 *
 * @throws InputError `DATA_SET_DIFFERS`: it has another seed; `DATA_SET_UNREADABLE`; `INVALID_OPTION`, `UNKNOWN_OPTION`; `PACKAGE_MISSING`,
 * `CREDENTIALS_MISSING`, `BUCKET_MISSING`, `STORE_ACCESS_DENIED`
 * @throws MeasurementError `STORE_UNREACHABLE`, `STORE_FAILED`
 */
export async function prepareData(location: StoreLocation, options: PrepareDataOptions = {}): Promise<PreparedData> {
  const { prepareData } = await import('./prepare-data.ts')
  return prepareData(location, options)
}

/**
 * Removes a data set that `prepareData` has made: its objects, what a killed preparation has left of it, and at last its manifest. Nothing else
 * under the prefix is touched.
 *
 * @returns how many objects it had; 0 where there is none
 * @throws InputError `DATA_SET_UNREADABLE`, `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `BUCKET_MISSING`, `STORE_ACCESS_DENIED`
 * @throws MeasurementError `STORE_UNREACHABLE`, `STORE_FAILED`
 */
export async function removeData(location: StoreLocation, access: StoreAccess = {}): Promise<number> {
  const { removeData } = await import('./remove-data.ts')
  return removeData(location, access)
}
