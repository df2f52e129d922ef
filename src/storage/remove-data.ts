import type { StoreLocation } from '../model/object-store.ts'
import { forgetDataSet, readDataSet } from './data-set.ts'
import type { StoreAccess } from './object-store.ts'
import { withStore } from './with-store.ts'

/**
 * Removes a data set that `prepareData` has made: its objects, what a killed preparation has left of it, and at last its manifest. Nothing else
 * under the prefix is touched.
 *
 * @returns how many objects it had; 0 where there is none
 * @throws InputError `DATA_SET_UNREADABLE`, `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `BUCKET_MISSING`, `STORE_ACCESS_DENIED`
 * @throws MeasurementError `STORE_UNREACHABLE`, `STORE_FAILED`
 */
export async function removeData(location: StoreLocation, access: StoreAccess = {}): Promise<number> {
  return withStore(location, access, async (store) => {
    const found = await readDataSet(store)
    if (found === undefined) return 0
    const ids = [...new Set([...found.objects.map(({ id }) => id), ...found.pending])]
    await store.delete(ids)
    await forgetDataSet(store)
    return ids.length
  })
}
