import { randomBytes, randomUUID } from 'node:crypto'
import { armError, webError } from './answer.ts'

/** What exists before netfair comes: a subscription, a group, a storage account with a container, regions. */
export interface Account {
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly location: Region
  readonly storageAccount: string
  readonly storageKeys: readonly [string, string]
  readonly containers: readonly string[]
  /** Identities that may read the container. */
  readonly identities: readonly string[]
  /** Sites of others, anywhere. */
  readonly takenNames: ReadonlySet<string>
  readonly limits: Limits
}

export interface Limits {
  /** Plans at once in a region. Default 100. */
  readonly plans: number
  /** Memory of all instances of a region at once, in MB: more of them are not started. Default 512,000 (250 cores). */
  readonly memoryMb: number
}

export interface Region {
  readonly name: string
  readonly displayName: string
  /** Whether it has Flex Consumption. */
  readonly flex: boolean
}

/** Some of the real ones. */
export const REGIONS: readonly Region[] = [
  { name: 'eastus', displayName: 'East US', flex: true },
  { name: 'eastus2', displayName: 'East US 2', flex: true },
  { name: 'westus3', displayName: 'West US 3', flex: true },
  { name: 'northeurope', displayName: 'North Europe', flex: true },
  { name: 'westeurope', displayName: 'West Europe', flex: true },
  { name: 'southeastasia', displayName: 'Southeast Asia', flex: true },
  { name: 'jioindiacentral', displayName: 'Jio India Central', flex: false },
]

/** `East US` and `eastus` are the same. */
export const sameRegion = (one: string, other: string): boolean => regionKey(one) === regionKey(other)
const regionKey = (name: string): string => name.toLowerCase().replaceAll(' ', '')

/** @throws Refusal `LocationNotAvailableForResourceType` */
export function flexRegion(location: string | undefined, type: string): Region {
  const region = REGIONS.find(({ name }) => sameRegion(name, location ?? ''))
  if (region === undefined) {
    const known = REGIONS.map(({ name }) => name).join(',')
    throw armError(
      400,
      location === undefined ? 'LocationRequired' : 'LocationNotAvailableForResourceType',
      location === undefined
        ? 'The location property is required for this definition.'
        : `The provided location '${location}' is not available for resource type '${type}'. List of available regions for the resource type is '${known}'.`,
    )
  }
  if (!region.flex)
    throw webError(400, 'BadRequest', `The SKU 'FlexConsumption' is not available in the region '${region.displayName}'.`, '59314')
  return region
}

export interface AccountOptions {
  readonly resourceGroup?: string
  readonly location?: string
  readonly storageAccount?: string
  readonly container?: string
  readonly takenNames?: readonly string[]
  readonly limits?: Partial<Limits>
}

export function makeAccount(options: AccountOptions): Account {
  const { resourceGroup = 'netfair-tests', location = 'westeurope', storageAccount = 'netfairtests', container = 'deployments' } = options
  const region = REGIONS.find(({ name }) => sameRegion(name, location))
  if (region === undefined) throw new Error(`The bed has no region ${location}; it has ${REGIONS.map(({ name }) => name).join(', ')}.`)
  const subscriptionId = randomUUID()
  const key = (): string => randomBytes(64).toString('base64')
  return {
    subscriptionId,
    resourceGroup,
    location: region,
    storageAccount,
    storageKeys: [key(), key()],
    containers: [container],
    identities: [
      `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/netfair`,
    ],
    takenNames: new Set((options.takenNames ?? []).map((name) => name.toLowerCase())),
    limits: { plans: 100, memoryMb: 512_000, ...options.limits },
  }
}

/** Whether a connection string names the account and one of its keys. */
export function opensStorage({ storageAccount, storageKeys }: Account, connectionString: string | undefined): boolean {
  const parts = new Map((connectionString ?? '').split(';').map((part) => [part.split('=')[0] ?? '', part.slice(part.indexOf('=') + 1)]))
  return parts.get('AccountName') === storageAccount && storageKeys.includes(parts.get('AccountKey') ?? '')
}
