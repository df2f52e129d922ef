import { InputError, type NetfairError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import type { AzureSettings } from './options.ts'
import { type Refusal, refusedError } from './platform-error.ts'
import { askResource } from './resource-manager.ts'

const STORAGE_API = '2023-05-01'

interface StorageAccount {
  readonly properties: { readonly primaryEndpoints?: { readonly blob?: string }; readonly allowSharedKeyAccess?: boolean | null }
}

/** What functions need of the storage account. */
export interface Storage {
  /** URL of the container. */
  readonly containerUrl: string
  /** With the account's key: a secret. */
  readonly connectionString: string
  readonly key: string
}

/**
 * Looks whether all is there that netfair does not make itself: subscription, resource group, storage account, container.
 * @returns URL of the blob service
 * @throws InputError `PREREQUISITE_MISSING`, which names the missing one and how to make it
 */
export async function checkPrerequisites(connection: Connection, settings: AzureSettings, signal?: AbortSignal): Promise<string> {
  const { resourceGroup, storageAccount, container } = settings
  const account = await askResource<StorageAccount>(connection, { path: pathOf(settings), apiVersion: STORAGE_API, signal })
  if (account.refusal)
    throw missing(account.refusal, `storage account ${storageAccount} in the resource group ${resourceGroup}`, createAccount(settings))
  if (account.body.properties.allowSharedKeyAccess === false) {
    throw new InputError('PREREQUISITE_MISSING', `The storage account ${storageAccount} allows no access by key; azure() needs it.`, {
      hint: `Allow it: \`az storage account update --name ${storageAccount} --allow-shared-key-access true\`, or use another one.`,
    })
  }
  const path = `${pathOf(settings)}/blobServices/default/containers/${container}`
  const found = await askResource(connection, { path, apiVersion: STORAGE_API, signal })
  const create = `az storage container-rm create --name ${container} --storage-account ${storageAccount}`
  if (found.refusal) throw missing(found.refusal, `blob container ${container} in the storage account ${storageAccount}`, create)
  return account.body.properties.primaryEndpoints?.blob ?? `https://${storageAccount}.blob.core.windows.net/`
}

/** @throws InputError `PREREQUISITE_MISSING` */
export async function openStorage(connection: Connection, settings: AzureSettings, signal?: AbortSignal): Promise<Storage> {
  const { storageAccount, container } = settings
  const blobUrl = await checkPrerequisites(connection, settings, signal)
  const answer = await askResource<{ readonly keys?: readonly { readonly value?: string }[] }>(connection, {
    method: 'POST',
    path: `${pathOf(settings)}/listKeys`,
    apiVersion: STORAGE_API,
    signal,
  })
  if (answer.refusal) throw refusedError(`list the keys of the storage account ${storageAccount}`, answer.refusal)
  const key = answer.body.keys?.[0]?.value ?? ''
  const suffix = new URL(blobUrl).host.split('.blob.')[1] ?? 'core.windows.net'
  return {
    key,
    containerUrl: new URL(container, blobUrl).href,
    connectionString: `DefaultEndpointsProtocol=https;AccountName=${storageAccount};AccountKey=${key};EndpointSuffix=${suffix}`,
  }
}

const pathOf = ({ resourceGroup, storageAccount }: AzureSettings): string =>
  `resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${storageAccount}`

const createAccount = ({ storageAccount, resourceGroup, location }: AzureSettings): string =>
  `az storage account create --name ${storageAccount} --resource-group ${resourceGroup} --location ${location} --sku Standard_LRS`

/** Its parents may be missing too: the platform says which. */
function missing(refusal: Refusal, what: string, command: string): NetfairError {
  const parent = /^(Subscription|InvalidSubscription|ResourceGroup)/.test(refusal.code ?? '')
  if (refusal.status !== 404 || parent) return refusedError(`show the ${what}`, refusal)
  return new InputError('PREREQUISITE_MISSING', `There is no ${what}; azure() makes functions and nothing else.`, {
    hint: `Make it: \`${command}\`.`,
  })
}
