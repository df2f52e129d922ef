import { type Account, opensStorage } from './account.ts'
import { type Refusal, webError } from './answer.ts'

/** What an app on Flex Consumption is made of, as `Site.properties.functionAppConfig`. */
export interface FunctionAppConfig {
  readonly deployment?: { readonly storage?: DeploymentStorage }
  readonly runtime?: { readonly name?: string; readonly version?: string }
  readonly scaleAndConcurrency?: ScaleAndConcurrency
}

interface DeploymentStorage {
  readonly type?: string
  readonly value?: string
  readonly authentication?: {
    readonly type?: string
    readonly userAssignedIdentityResourceId?: string
    readonly storageAccountConnectionStringName?: string
  }
}

export interface ScaleAndConcurrency {
  readonly instanceMemoryMB?: number
  readonly maximumInstanceCount?: number
  readonly triggers?: { readonly http?: { readonly perInstanceConcurrency?: number } }
  readonly alwaysReady?: readonly unknown[]
}

export const INSTANCE_MEMORY_MB: readonly number[] = [512, 2048, 4096]
/** The platform long took 40 as the lowest and by some accounts takes 1 today: what 40 allows holds for both. */
const INSTANCES = { from: 40, to: 1000 }
const NODE_VERSIONS = ['20', '22', '24']
const AUTHENTICATIONS = ['SystemAssignedIdentity', 'UserAssignedIdentity', 'StorageAccountConnectionString']

/** Settings that this plan sets itself. */
const REFUSED_SETTINGS = [
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_WORKER_RUNTIME_VERSION',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_WORKER_PROCESS_COUNT',
  'FUNCTIONS_MAX_HTTP_CONCURRENCY',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'ENABLE_ORYX_BUILD',
]

const refused = (message: string): Refusal => webError(400, 'BadRequest', message, '51021')

/** @throws Refusal 400 */
export function checkFunctionAppConfig(config: FunctionAppConfig | undefined, account: Account): FunctionAppConfig {
  if (config === undefined)
    throw refused('Site.FunctionAppConfig is invalid. The FunctionAppConfig is required for Flex Consumption sites.')
  checkRuntime(config)
  checkDeployment(config.deployment?.storage, account)
  checkScale(config.scaleAndConcurrency)
  return config
}

function checkRuntime({ runtime }: FunctionAppConfig): void {
  const { name, version = '' } = runtime ?? {}
  if (name === undefined) throw refused('Site.FunctionAppConfig.Runtime.Name is invalid. The value cannot be null or empty.')
  if (name !== 'node') throw refused(`Site.FunctionAppConfig.Runtime.Name '${name}': the test bed runs node only.`)
  if (!NODE_VERSIONS.includes(version)) {
    throw refused(
      `Site.FunctionAppConfig.Runtime.Version is invalid. Version '${version}' is not supported for node; supported: ${NODE_VERSIONS.join(', ')}.`,
    )
  }
}

function checkDeployment(storage: DeploymentStorage | undefined, { storageAccount, containers, identities }: Account): void {
  const { type, value = '', authentication } = storage ?? {}
  if (type !== 'blobContainer')
    throw refused("Site.FunctionAppConfig.Deployment.Storage.Type is invalid. The only allowed value is 'blobContainer'.")
  const [, account, container] =
    /^https:\/\/([a-z0-9]{3,24})\.blob\.core\.windows\.net\/([a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9])\/?$/.exec(value) ?? []
  if (account !== storageAccount || !containers.includes(container ?? '')) {
    throw refused(
      `Site.FunctionAppConfig.Deployment.Storage.Value is invalid. The container '${value}' does not exist or cannot be reached.`,
    )
  }
  const way = authentication?.type ?? ''
  if (!AUTHENTICATIONS.includes(way)) {
    throw refused(
      `Site.FunctionAppConfig.Deployment.Storage.Authentication.Type '${way}' is invalid. Allowed: ${AUTHENTICATIONS.join(', ')}.`,
    )
  }
  if (way === 'StorageAccountConnectionString' && !authentication?.storageAccountConnectionStringName) {
    throw refused('Site.FunctionAppConfig.Deployment.Storage.Authentication.StorageAccountConnectionStringName is required.')
  }
  if (way === 'UserAssignedIdentity' && !identities.includes(authentication?.userAssignedIdentityResourceId ?? '')) {
    throw refused('Site.FunctionAppConfig.Deployment.Storage.Authentication.UserAssignedIdentityResourceId is invalid.')
  }
}

function checkScale(scale: ScaleAndConcurrency | undefined): void {
  const { instanceMemoryMB, maximumInstanceCount, triggers } = scale ?? {}
  const at = 'Site.FunctionAppConfig.ScaleAndConcurrency'
  if (!INSTANCE_MEMORY_MB.includes(instanceMemoryMB ?? Number.NaN)) {
    throw refused(`${at}.InstanceMemoryMB '${instanceMemoryMB}' is invalid. Allowed values: ${INSTANCE_MEMORY_MB.join(', ')}.`)
  }
  const { from, to } = INSTANCES
  if (!isWhole(maximumInstanceCount, from, to)) {
    throw refused(`${at}.MaximumInstanceCount '${maximumInstanceCount}' is invalid. It must be between ${from} and ${to}.`)
  }
  const perInstance = triggers?.http?.perInstanceConcurrency
  if (perInstance !== undefined && !isWhole(perInstance, 1, 1000)) {
    throw refused(`${at}.Triggers.Http.PerInstanceConcurrency '${perInstance}' is invalid. It must be between 1 and 1000.`)
  }
}

function isWhole(value: number | undefined, from: number, to: number): boolean {
  return value !== undefined && Number.isInteger(value) && value >= from && value <= to
}

/** @throws Refusal 400 */
export function checkAppSettings(settings: Readonly<Record<string, string>>): void {
  const odd = Object.keys(settings).find((name) => !/^[\w.]+$/.test(name))
  if (odd !== undefined) throw refused(`AppSetting with name '${odd}' is not allowed: letters, digits, periods and underscores only.`)
  const name = Object.keys(settings).find((name) => REFUSED_SETTINGS.includes(name.toUpperCase()))
  if (name === undefined) return
  throw refused(
    `The following app setting (Site.SiteConfig.AppSettings.${name}) for Flex Consumption sites is invalid.  Please remove or rename it before retrying.`,
  )
}

/** Without its storage a host neither starts nor keeps keys. */
export function hostStarts(settings: Readonly<Record<string, string>>, account: Account): boolean {
  if (settings['AzureWebJobsStorage__accountName'] !== undefined)
    return settings['AzureWebJobsStorage__accountName'] === account.storageAccount
  return opensStorage(account, settings['AzureWebJobsStorage'])
}

/** Whether the package can be put into the container. Nobody has given the site's own identity a role there. */
export function deploymentStorageOpens(config: FunctionAppConfig, settings: Readonly<Record<string, string>>, account: Account): boolean {
  const { type, storageAccountConnectionStringName = '' } = config.deployment?.storage?.authentication ?? {}
  if (type === 'StorageAccountConnectionString') return opensStorage(account, settings[storageAccountConnectionStringName])
  return type === 'UserAssignedIdentity'
}
