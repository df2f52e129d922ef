import { InputError } from '../model/errors.ts'
import type { ObjectClient, ObjectClientOptions, OpenObjectClient } from '../model/object-client.ts'
import type { StoreLocation, StoreName } from '../model/object-store.ts'

/** The SDK of one store; another is refused. */
export function onlyStore(
  store: StoreName,
  load: () => Promise<(location: StoreLocation, options: ObjectClientOptions) => ObjectClient>,
): OpenObjectClient {
  return async (location, options) => {
    if (location.store !== store)
      throw new InputError('STORE_NOT_CARRIED', `This agent carries the SDK of ${store} only, not that of ${location.store}.`, {
        hint: 'Use the transport "signed-url".',
      })
    return (await load())(location, options)
  }
}
