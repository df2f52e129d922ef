import type { LocalProvider } from '../providers/local.ts'
import type { Provider } from '../providers/provider.ts'
import type { CloudName } from './cloud-setup.ts'

/** One of the clouds, made when it is needed: that loads it. */
export interface KnownCloud {
  readonly name: CloudName
  /** Enough of it to clean up with what the environment says. */
  make(): Promise<Pick<Provider, 'cleanup'>>
}

export const knownClouds: readonly KnownCloud[] = [
  { name: 'aws', make: async () => (await import('../providers/aws.ts')).aws() },
  { name: 'gcp', make: async () => (await import('../providers/gcp.ts')).gcp() },
  { name: 'azure', make: async () => (await import('../providers/azure.ts')).azureSubscription },
]

export const providerNames: readonly string[] = ['local', ...knownClouds.map(({ name }) => name)]

/** For commands that ask what works here and clean up; nothing is deployed with it. */
export async function makeLocal(): Promise<LocalProvider> {
  return (await import('../providers/local.ts')).local({ sharing: 'none' })
}
