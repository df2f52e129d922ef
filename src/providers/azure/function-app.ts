import { createHash } from 'node:crypto'
import type { AppServicePlan, Site } from '@azure/arm-appservice'
import type { AgentConfig } from '../../model/task.ts'
import type { AgentPackage } from '../cloud/agent-package.ts'
import { functionName, ownershipTags } from '../cloud/ownership.ts'
import type { DeployRequest } from '../provider.ts'
import type { AzureSettings } from './options.ts'
import type { Storage } from './prerequisites.ts'

/** Name of the function in its app. */
export const FUNCTION = 'probe'

/** Of what the platform must be told beside the agent. */
export const PLATFORM_FILES: Readonly<Record<string, string>> = {
  'host.json': JSON.stringify({ version: '2.0', functionTimeout: '00:05:00' }),
  'package.json': JSON.stringify({ name: 'netfair-agent', version: '1.0.0', type: 'module', main: 'index.mjs' }),
}

/** Says what an app was made of: one that is there with the same is used as it is. */
const DIGEST_TAG = 'netfair-digest'

/** The platform's lowest limit has been 40. */
const FEWEST_INSTANCES = 40

/** What one deployment is to be: a Flex plan hosts one app, so that both go together under one name. */
export interface FunctionApp {
  /** Of plan and app; also the first label of its host name, unique in the world. */
  readonly name: string
  readonly plan: AppServicePlan
  readonly site: Site
}

export interface FunctionAppParts {
  readonly request: DeployRequest
  readonly settings: AzureSettings
  readonly storage: Storage
  readonly code: AgentPackage
}

export const appName = ({ runId, memoryMb }: DeployRequest): string => functionName(runId, memoryMb)

export function functionApp({ request, settings, storage, code }: FunctionAppParts): FunctionApp {
  const { subscriptionId, resourceGroup, location, identity } = settings
  const name = appName(request)
  const { secret, allowedTargets, credentials } = request.agent
  const config: AgentConfig = { secret, allowedTargets, modules: code.modules, ...(credentials !== undefined && { credentials }) }
  const configured = { ...configuration(request, { storage, config, identity }), ...identityOf(identity) }
  const digest = createHash('sha256')
    .update(JSON.stringify([code.sha256, location, configured]))
    .digest('hex')
  const tags = { ...ownershipTags(request), [DIGEST_TAG]: digest }
  const serverFarmId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/serverfarms/${name}`
  return {
    name,
    plan: { location, tags, kind: 'functionapp', reserved: true, sku: { name: 'FC1', tier: 'FlexConsumption' } },
    site: { location, tags, kind: 'functionapp,linux', serverFarmId, httpsOnly: true, ...configured },
  }
}

const identityOf = (id: string | undefined): Pick<Site, 'identity'> =>
  id === undefined ? {} : { identity: { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } } }

interface Configured {
  readonly storage: Storage
  readonly config: AgentConfig
  readonly identity: string | undefined
}

function configuration(
  { memoryMb, concurrency }: DeployRequest,
  { storage, config, identity }: Configured,
): Pick<Site, 'functionAppConfig' | 'siteConfig'> {
  const appSettings = {
    AzureWebJobsStorage: storage.connectionString,
    DEPLOYMENT_STORAGE_CONNECTION_STRING: storage.connectionString,
    NETFAIR_AGENT: JSON.stringify(config),
    // Of several that an app may have, which one its functions ask as.
    ...(identity !== undefined && { NETFAIR_IDENTITY: identity }),
  }
  return {
    functionAppConfig: {
      runtime: { name: 'node', version: '22' },
      deployment: {
        storage: {
          type: 'blobContainer',
          value: storage.containerUrl,
          authentication: {
            type: 'StorageAccountConnectionString',
            storageAccountConnectionStringName: 'DEPLOYMENT_STORAGE_CONNECTION_STRING',
          },
        },
      },
      scaleAndConcurrency: {
        instanceMemoryMB: memoryMb,
        maximumInstanceCount: Math.max(FEWEST_INSTANCES, concurrency),
        triggers: { http: { perInstanceConcurrency: 1 } },
      },
    },
    siteConfig: { appSettings: Object.entries(appSettings).map(([name, value]) => ({ name, value })) },
  }
}

/** Whether what is there was made of the same. */
export const isSame = (there: Pick<Site, 'tags'>, wanted: Pick<Site, 'tags'>): boolean =>
  there.tags?.[DIGEST_TAG] !== undefined && there.tags[DIGEST_TAG] === wanted.tags?.[DIGEST_TAG]
