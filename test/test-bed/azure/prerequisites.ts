import { type Account, REGIONS, sameRegion } from './account.ts'
import { type Answer, armError } from './answer.ts'
import type { Route } from './arm-call.ts'
import type { Resources } from './resources.ts'

/** What is there before: subscription, resource group, regions, storage account. Nothing of it can be changed. */
export function prerequisiteRoutes(resources: Resources): readonly Route[] {
  const { account } = resources
  const { subscriptionId, resourceGroup, location } = account
  const storage = '/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{}'
  return [
    {
      operation: 'Subscriptions_Get',
      method: 'GET',
      path: '',
      answer: () => ({
        status: 200,
        body: { id: `/subscriptions/${subscriptionId}`, subscriptionId, displayName: 'Test bed', state: 'Enabled' },
      }),
    },
    {
      operation: 'ResourceGroups_Get',
      method: 'GET',
      path: '/resourceGroups/{group}',
      answer: () => ({
        status: 200,
        body: {
          id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
          name: resourceGroup,
          type: 'Microsoft.Resources/resourceGroups',
          location: location.name,
          properties: { provisioningState: 'Succeeded' },
        },
      }),
    },
    { operation: 'ResourceGroups_CheckExistence', method: 'HEAD', path: '/resourceGroups/{group}', answer: () => ({ status: 204 }) },
    { operation: 'Subscriptions_ListLocations', method: 'GET', path: '/locations', answer: () => locations(account) },
    {
      operation: 'ListGeoRegions',
      method: 'GET',
      path: '/providers/Microsoft.Web/geoRegions',
      answer: ({ url }) => geoRegions(account, url),
    },
    {
      operation: 'GetUsagesInLocation_List',
      method: 'GET',
      path: '/providers/Microsoft.Web/locations/{}/usages',
      answer: ({ names }) => usages(resources, names[0] ?? ''),
    },
    { operation: 'StorageAccounts_GetProperties', method: 'GET', path: storage, answer: ({ names }) => storageAccount(resources, names) },
    {
      operation: 'StorageAccounts_ListKeys',
      method: 'POST',
      path: `${storage}/listKeys`,
      answer: ({ names }) => storageKeys(resources, names),
    },
    {
      operation: 'BlobContainers_Get',
      method: 'GET',
      path: `${storage}/blobServices/default/containers/{}`,
      answer: ({ names }) => container(resources, names),
    },
  ]
}

function locations({ subscriptionId }: Account): Answer {
  const value = REGIONS.map(({ name, displayName }) => ({
    id: `/subscriptions/${subscriptionId}/locations/${name}`,
    name,
    displayName,
    type: 'Region',
  }))
  return { status: 200, body: { value } }
}

function geoRegions({ subscriptionId }: Account, url: URL): Answer {
  const flexOnly = url.searchParams.get('sku') === 'FlexConsumption'
  const value = REGIONS.filter(({ flex }) => flex || !flexOnly).map(({ displayName }) => ({
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.Web/geoRegions/${displayName}`,
    name: displayName,
    type: 'Microsoft.Web/geoRegions',
    properties: { name: displayName, description: null, displayName, orgDomain: 'PUBLIC;FUNCTIONS;DYNAMIC;LINUX;FLEXCONSUMPTION' },
  }))
  return { status: 200, body: { value, nextLink: null } }
}

/** The quota of a region in cores, of which an instance of 2048 MB has one. */
function usages({ account, usedMemoryMb }: Resources, location: string): Answer {
  const region = REGIONS.find(({ name }) => sameRegion(name, location))
  if (region === undefined) throw armError(400, 'LocationNotAvailableForResourceType', `The location '${location}' is not known.`)
  const name = `Cores usage in ${region.displayName}`
  const used = { currentValue: usedMemoryMb() / 2048, limit: Math.floor(account.limits.memoryMb / 2048) }
  return { status: 200, body: { value: [{ unit: 'Count', nextResetTime: null, ...used, name: { value: name, localizedValue: name } }] } }
}

function checkAccount({ account }: Resources, name: string | undefined): void {
  if (name === account.storageAccount) return
  throw armError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Storage/storageAccounts/${name}' under resource group '${account.resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}

function storageAccount(resources: Resources, [name]: readonly string[]): Answer {
  checkAccount(resources, name)
  const { storageAccount, location } = resources.account
  const body = {
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    kind: 'StorageV2',
    id: resources.idOf('Microsoft.Storage/storageAccounts', storageAccount),
    name: storageAccount,
    type: 'Microsoft.Storage/storageAccounts',
    location: location.name,
    tags: {},
    properties: {
      provisioningState: 'Succeeded',
      statusOfPrimary: 'available',
      primaryLocation: location.name,
      allowSharedKeyAccess: true,
      primaryEndpoints: { blob: `https://${storageAccount}.blob.core.windows.net/` },
    },
  }
  return { status: 200, body }
}

function storageKeys(resources: Resources, [name]: readonly string[]): Answer {
  checkAccount(resources, name)
  const keys = resources.account.storageKeys.map((value, index) => ({ keyName: `key${index + 1}`, value, permissions: 'FULL' }))
  return { status: 200, body: { keys } }
}

function container(resources: Resources, [name, container = '']: readonly string[]): Answer {
  checkAccount(resources, name)
  if (!resources.account.containers.includes(container)) throw armError(404, 'ContainerNotFound', 'The specified container does not exist.')
  const id = `${resources.idOf('Microsoft.Storage/storageAccounts', resources.account.storageAccount)}/blobServices/default/containers/${container}`
  const type = 'Microsoft.Storage/storageAccounts/blobServices/containers'
  return { status: 200, body: { id, name: container, type, properties: { publicAccess: 'None', leaseState: 'Available' } } }
}
