import { type Answer, armError, webError } from './answer.ts'
import { type ArmCall, page, type Route } from './arm-call.ts'
import { checkAppSettings } from './flex-rules.ts'
import type { DeploymentRecord } from './function-app.ts'
import { DEPLOY_STATUS } from './function-app.ts'
import type { RegisteredFunction } from './instance.ts'
import type { Resources, Site } from './resources.ts'
import { findSite } from './sites.ts'

const SITE = '/resourceGroups/{group}/providers/Microsoft.Web/sites/{}'
/** What an app reads in Flex's `config/web` besides what was set. */
const WEB_DEFAULTS = {
  numberOfWorkers: 1,
  alwaysOn: false,
  http20Enabled: false,
  minTlsVersion: '1.2',
  ftpsState: 'FtpsOnly',
  functionAppScaleLimit: 0,
}

/** What lies under a site: settings, functions, keys, deployments. */
export function sitePartRoutes(resources: Resources, { pageSize }: { readonly pageSize: number }): readonly Route[] {
  const part = (
    operation: string,
    method: string,
    path: string,
    answer: (site: Site, call: ArmCall) => Answer | Promise<Answer>,
  ): Route => ({
    operation,
    method,
    path: `${SITE}${path}`,
    answer: (call) => answer(findSite(resources, call.names), call),
  })
  const idOf = (site: Site, rest: string): string => resources.idOf('Microsoft.Web/sites', `${site.name}/${rest}`)
  const settings = (site: Site): Answer => {
    const named = { id: idOf(site, 'config/appsettings'), name: 'appsettings', type: 'Microsoft.Web/sites/config' }
    return { status: 200, body: { ...named, location: site.region.displayName, properties: site.settings } }
  }
  const web = (site: Site): Answer => {
    const named = { id: `${idOf(site, 'config/web')}`, name: site.name, type: 'Microsoft.Web/sites/config' }
    return { status: 200, body: { ...named, location: site.region.displayName, properties: { ...WEB_DEFAULTS, ...site.siteConfig } } }
  }
  const setWeb = (site: Site, { body }: ArmCall): Answer => {
    checkIdle(site)
    site.siteConfig = { ...site.siteConfig, ...(body['properties'] as object | undefined) }
    return web(site)
  }
  const functionAt = (site: Site, name: string): RegisteredFunction => {
    const found = site.app.functions.find((one) => one.name.toLowerCase() === name.toLowerCase())
    if (found) return found
    throw armError(404, 'NotFound', `Function with name: "${name}" does not exist.`)
  }
  const functionBody = (site: Site, registered: RegisteredFunction): object => {
    const { name, route = name } = registered
    const template = `https://${site.gateway.host}/${site.app.routePrefix}/${route}`
    const properties = {
      name,
      function_app_id: null,
      config: { name, bindings: [registered] },
      invoke_url_template: template,
      language: 'node',
      isDisabled: false,
    }
    return {
      id: idOf(site, `functions/${name}`),
      name: `${site.name}/${name}`,
      type: 'Microsoft.Web/sites/functions',
      location: site.region.displayName,
      properties,
    }
  }
  const deploymentBody = (site: Site, record: DeploymentRecord): object => {
    const { id } = record
    return { id: idOf(site, `deployments/${id}`), name: id, type: 'Microsoft.Web/sites/deployments', properties: deploymentFacts(record) }
  }
  const deployment = (site: Site, id = ''): DeploymentRecord => {
    const record = site.app.deployments.find((one) => one.id === id)
    if (record) return record
    throw armError(404, 'NotFound', `Deployment '${id}' not found.`)
  }
  return [
    part('WebApps_ListApplicationSettings', 'POST', '/config/appsettings/list', settings),
    part('WebApps_UpdateApplicationSettings', 'PUT', '/config/appsettings', (site, { body }) => {
      checkIdle(site)
      const given = (body['properties'] ?? {}) as Record<string, string>
      checkAppSettings(given)
      const changed = JSON.stringify(given) !== JSON.stringify(site.settings)
      site.settings = given
      if (changed) void site.app.configure({ config: site.functionAppConfig, settings: given })
      return settings(site)
    }),
    part('WebApps_GetConfiguration', 'GET', '/config/web', web),
    part('WebApps_UpdateConfiguration', 'PATCH', '/config/web', setWeb),
    part('WebApps_CreateOrUpdateConfiguration', 'PUT', '/config/web', setWeb),
    part('WebApps_ListFunctions', 'GET', '/functions', (site, call) => {
      return page(
        site.app.functions.map((one) => functionBody(site, one)),
        call,
        pageSize,
      )
    }),
    part('WebApps_GetFunction', 'GET', '/functions/{}', (site, { names }) => ({
      status: 200,
      body: functionBody(site, functionAt(site, names[1] ?? '')),
    })),
    part('WebApps_ListFunctionKeys', 'POST', '/functions/{}/listkeys', (site, { names }) => {
      checkHost(site)
      const { name } = functionAt(site, names[1] ?? '')
      // At the top, against the specification (which the SDK follows, and so drops it): as templates read it, `listKeys(…).default`.
      return { status: 200, body: site.app.functionKeys.get(name) }
    }),
    part('WebApps_ListHostKeys', 'POST', '/host/default/listkeys', (site) => {
      checkHost(site)
      return { status: 200, body: { masterKey: site.app.masterKey, functionKeys: site.app.hostKeys, systemKeys: {} } }
    }),
    part('WebApps_SyncFunctionTriggers', 'POST', '/syncfunctiontriggers', () => ({ status: 204 })),
    part('WebApps_Restart', 'POST', '/restart', async (site) => {
      await site.app.configure(site.app.configuration)
      return { status: 200 }
    }),
    part('WebApps_ListDeployments', 'GET', '/deployments', (site, call) => {
      return page(
        site.app.deployments.map((record) => deploymentBody(site, record)),
        call,
        pageSize,
      )
    }),
    part('WebApps_GetDeployment', 'GET', '/deployments/{}', (site, { names }) => ({
      status: 200,
      body: deploymentBody(site, deployment(site, names[1])),
    })),
    part('WebApps_GetProductionSiteDeploymentStatus', 'GET', '/deploymentStatus/{}', (site, { names }) => {
      const { id, status, endedAt, text } = deployment(site, names[1])
      const state =
        status === DEPLOY_STATUS.success ? 'RuntimeSuccessful' : status === DEPLOY_STATUS.failed ? 'BuildFailed' : 'BuildInProgress'
      const errors = endedAt && status === DEPLOY_STATUS.failed ? [{ message: text }] : []
      return {
        status: 200,
        body: { id: idOf(site, `deploymentStatus/${id}`), name: id, properties: { deploymentId: id, status: state, errors } },
      }
    }),
  ]
}

/** A deployment as Kudu tells it. */
export function deploymentFacts(record: DeploymentRecord): object {
  const { id, status, text, deployer, receivedAt, endedAt } = record
  const failed = status === DEPLOY_STATUS.failed
  return {
    id,
    status,
    status_text: failed ? text : '',
    author_email: 'N/A',
    author: 'N/A',
    deployer,
    message: 'OneDeploy',
    progress: '',
    received_time: receivedAt.toISOString(),
    start_time: receivedAt.toISOString(),
    end_time: endedAt?.toISOString() ?? null,
    last_success_end_time: failed ? null : (endedAt?.toISOString() ?? null),
    complete: endedAt !== undefined,
    active: status === DEPLOY_STATUS.success,
    is_temp: false,
    is_readonly: false,
  }
}

function checkIdle(site: Site): void {
  if (!site.busy) return
  throw webError(409, 'Conflict', `Cannot modify this site because another operation is in progress. Details: Name: ${site.name}`, '59203')
}

/** Keys are kept by the host, in its storage. */
function checkHost(site: Site): void {
  if (!site.app.runs) throw webError(400, 'BadRequest', 'Encountered an error (ServiceUnavailable) from host runtime.', '04006')
}
