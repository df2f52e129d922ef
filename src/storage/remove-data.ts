import type { StoreLocation } from '../model/object-store.ts'
import { forgetDataSet, readDataSet } from './data-set.ts'
import type { StoreAccess } from './object-store.ts'
import { withStore } from './with-store.ts'

/** See `data-on-demand.ts`. */
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
