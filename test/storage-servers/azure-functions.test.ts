import { describe } from 'vitest'
import { azure } from '../../src/providers/azure.ts'
import { type ObjectCloud, testObjects } from '../run/objects-on-cloud.ts'
import { startAzureBed } from '../test-bed/azure.ts'
import { startAzurite } from './azurite.ts'

async function start(): Promise<ObjectCloud> {
  // Azurite takes identities over TLS only, as the store itself does.
  const [bed, store] = await Promise.all([startAzureBed({ container: 'netfair', location: 'eastus' }), startAzurite({ tls: true })])
  const { subscriptionId, resourceGroup, location, storageAccount, identities } = bed.account
  const [identity = ''] = identities
  return {
    name: 'azure',
    store,
    environment: { ...bed.environment, ...store.environment },
    secrets: () => [...bed.secrets, ...bed.functionTokens, ...store.secrets],
    remains: () => bed.remains(),
    provider: () => azure({ subscriptionId, resourceGroup, location: location.name, storageAccount, identity }),
    askedAs({ authorization = '' }) {
      if (authorization.startsWith('SharedKey ')) return 'user'
      return bed.functionTokens.some((token) => authorization === `Bearer ${token}`) ? 'function' : undefined
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await bed[Symbol.asyncDispose]()
    },
  }
}

describe('Azure Functions and Azurite', () => testObjects(start))
