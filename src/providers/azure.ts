import { InputError } from '../model/errors.ts'
import type { Connection } from './azure/connection.ts'
import { checkDemand, checkLocation, checkQuota } from './azure/demand.ts'
import type { AzureOptions, AzureSettings } from './azure/options.ts'
import { checkAzureOptions } from './azure/options.ts'
import type { CleanupOptions, Provider } from './provider.ts'

export type { AzureOptions, AzurePlan } from './azure/options.ts'

/**
 * Azure Functions on the Flex Consumption plan: for each memory size a plan and a function app with one execution an instance, both
 * tagged, both removed with the deployment. Resource group, storage account and its container must exist.
 *
 * Signs in with `DefaultAzureCredential` of `@azure/identity`; manages through `@azure/arm-appservice`. Both are optional peers, loaded on
 * first use. The platform reports no billed time; costs are taken from the functions' own.
 *
 * `check` asks for region, storage account, container, and the quota where it may see it. What it cannot ask without making something:
 * whether the identity may make function apps, and whether the platform has room.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function azure(options: AzureOptions): Provider {
  const { settings, credential } = checkAzureOptions(options)
  const { plan, location } = settings
  let connection: Promise<Connection> | undefined
  const connected = (): Promise<Connection> => (connection ??= connectLater(settings.subscriptionId, credential))
  return {
    name: 'azure',
    options: { ...settings },
    billedAs: { name: 'azure', variant: plan, region: location },
    agentEntry: 'azure',
    supports: () => true,

    async check(demand = {}) {
      const { signal } = demand
      signal?.throwIfAborted()
      checkDemand(settings, demand)
      const { checkPrerequisites } = await import('./azure/prerequisites.ts')
      const ready = await connected()
      await checkPrerequisites(ready, settings, signal)
      await checkLocation(ready, settings, signal)
      await checkQuota(ready, settings, demand)
      return { name: 'azure', variant: plan, region: location, environment: { runtime: 'node 22', perInstanceConcurrency: 1 } }
    },

    async deploy(request) {
      checkDemand(settings, { memoryMb: [request.memoryMb], concurrency: request.concurrency })
      const { deployApp } = await import('./azure/deploy.ts')
      return deployApp(await connected(), settings, request)
    },

    cleanup: async (cleaning) => cleanUp(await connected(), settings.resourceGroup, cleaning),
  }
}

/**
 * What is left behind in a whole subscription, by the environment alone: for the command `netfair cleanup`.
 * @throws InputError `MISSING_OPTION` where AZURE_SUBSCRIPTION_ID is not set
 */
export const azureSubscription: Pick<Provider, 'name' | 'cleanup'> = {
  name: 'azure',
  async cleanup(options) {
    const subscriptionId = process.env['AZURE_SUBSCRIPTION_ID']
    if (!subscriptionId) {
      throw new InputError('MISSING_OPTION', 'AZURE_SUBSCRIPTION_ID is not set: it says in which subscription to clean up.', {
        hint: 'Set it: `export AZURE_SUBSCRIPTION_ID=$(az account show --query id --output tsv)`.',
      })
    }
    return cleanUp(await connectLater(subscriptionId), process.env['AZURE_RESOURCE_GROUP'], options)
  },
}

async function connectLater(subscriptionId: string, credential?: AzureOptions['credential']): Promise<Connection> {
  const { connect } = await import('./azure/connection.ts')
  return connect(subscriptionId, credential)
}

async function cleanUp(connection: Connection, resourceGroup: AzureSettings['resourceGroup'] | undefined, options: CleanupOptions = {}) {
  const { removeAbandoned } = await import('./azure/removal.ts')
  return removeAbandoned(connection, resourceGroup, options)
}
