import type { Site } from '@azure/arm-appservice'
import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { agentPackage } from '../cloud/agent-package.ts'
import { undoAfter } from '../cloud/undo-after.ts'
import type { Deployment, DeployRequest } from '../provider.ts'
import type { Connection } from './connection.ts'
import { AzureDeployment } from './deployment.ts'
import { appName, type FunctionApp, functionApp, isSame, PLATFORM_FILES } from './function-app.ts'
import { isIndexed, waitUntilLive } from './live-function.ts'
import type { AzureSettings } from './options.ts'
import { isNotFound, platformError } from './platform-error.ts'
import { openStorage, type Storage } from './prerequisites.ts'
import { publish } from './publish.ts'
import { removeApp } from './removal.ts'

/** Plan, app, package, key, first answer. Whatever fails, what it made is removed. */
export async function deployApp(connection: Connection, settings: AzureSettings, request: DeployRequest): Promise<Deployment> {
  const { signal } = request
  const { resourceGroup } = settings
  try {
    const storage = await openStorage(connection, settings, signal)
    const code = await agentPackage(request.agent, PLATFORM_FILES)
    const app = functionApp({ request, settings, storage, code })
    const removed = () => removeApp(connection, resourceGroup, app.name)
    try {
      const live = await bringToLife({ connection, settings, storage, app, zip: code.zip, ...(signal && { signal }) })
      return new AzureDeployment(request.memoryMb, connection, live, removed)
    } catch (error) {
      return await undoAfter(error, removed)
    }
  } catch (error) {
    const left = error instanceof NetfairError && error.code === 'CLEANUP_INCOMPLETE'
    throw signal?.aborted && !left ? aborted(request) : error
  }
}

interface Making {
  readonly connection: Connection
  readonly settings: AzureSettings
  readonly storage: Storage
  readonly app: FunctionApp
  readonly zip: Uint8Array
  readonly signal?: AbortSignal
}

/** Makes only what is not there yet. */
async function bringToLife(making: Making): ReturnType<typeof waitUntilLive> {
  const { connection, settings, app, zip, signal } = making
  const { resourceGroup } = settings
  const { name } = app
  const there = await find(() => connection.web.webApps.get(resourceGroup, name, signal && { abortSignal: signal }), making)
  const same = there !== undefined && isSame(there, app.site)
  // Made of something else: what was published there must not answer for this one.
  if (there !== undefined && !same) await removeApp(connection, resourceGroup, name)
  const site = same ? there : await make(making)
  const place = { resourceGroup, name, host: site.defaultHostName ?? `${name}.azurewebsites.net` }
  if (!(same && (await isIndexed(connection, place, signal)))) await publish(connection, scmHostOf(site, place.host), zip, signal)
  return waitUntilLive(connection, place, signal)
}

/** Is not interrupted: what was asked for might come to be after it was removed. */
async function make(making: Making): Promise<Site> {
  const { connection, settings, storage, app, signal } = making
  const { resourceGroup } = settings
  const { webApps, appServicePlans } = connection.web
  try {
    const plan = await find(() => appServicePlans.get(resourceGroup, app.name, signal && { abortSignal: signal }), making)
    if (plan === undefined) await appServicePlans.createOrUpdate(resourceGroup, app.name, app.plan, POLLING)
    signal?.throwIfAborted()
    const site = await webApps.createOrUpdate(resourceGroup, app.name, app.site, POLLING)
    signal?.throwIfAborted()
    return site
  } catch (error) {
    signal?.throwIfAborted()
    throw platformError(`make the function app ${app.name}`, error, [storage.key, storage.connectionString])
  }
}

const POLLING = { updateIntervalInMs: 250 }

async function find<Found>(get: () => Promise<Found>, { app, signal }: Making): Promise<Found | undefined> {
  try {
    return await get()
  } catch (error) {
    signal?.throwIfAborted()
    if (isNotFound(error)) return undefined
    throw platformError(`show ${app.name}`, error)
  }
}

/** Host name of the deployment site: the platform says it; where not, it is the app's with `.scm` after the first label. */
function scmHostOf({ hostNameSslStates = [] }: Site, host: string): string {
  return hostNameSslStates.find(({ hostType }) => hostType === 'Repository')?.name ?? host.replace('.', '.scm.')
}

const aborted = (request: DeployRequest): MeasurementError =>
  new MeasurementError('DEPLOY_ABORTED', `The deployment of ${appName(request)} was aborted.`, {
    hint: 'Nothing of it was left; start again.',
  })
