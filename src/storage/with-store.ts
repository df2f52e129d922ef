import type { StoreLocation } from '../model/object-store.ts'
import type { ObjectStore, StoreAccess } from './object-store.ts'
import { openStore } from './open-store.ts'

/** Opens a store for some work and closes it; when one part of the work fails, what else goes on in the store is stopped. */
export async function withStore<Result>(
  location: StoreLocation,
  { signal, environment }: StoreAccess,
  work: (store: ObjectStore, stopped: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted()
  const failure = new AbortController()
  const stopped = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const store = await openStore(location, { signal: stopped, ...(environment !== undefined && { environment }) })
  try {
    return await work(store, stopped)
  } catch (error) {
    failure.abort(error)
    throw error
  } finally {
    await store.close()
  }
}
