import { type LocalProvider, local } from '../providers/local.ts'
import type { Provider } from '../providers/provider.ts'

/** Known without making one: that costs the check of its options. */
export const providerNames: readonly string[] = ['local']

/** One of each provider, for commands that ask what works here and clean up; nothing is deployed with them. */
export function createProviders(): readonly (Provider | LocalProvider)[] {
  return [local({ sharing: 'none' })]
}
