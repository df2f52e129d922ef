import type { Answer } from './answer.ts'
import type { ArmCall, Route } from './arm-call.ts'
import { checkAppSettings } from './flex-rules.ts'
import type { Resources, Site } from './resources.ts'
import { sitePart, siteRoute } from './site-route.ts'
import { checkIdle } from './sites.ts'

/** What `config/web` tells besides what was set. */
const WEB_DEFAULTS = {
  numberOfWorkers: 1,
  alwaysOn: false,
  http20Enabled: false,
  minTlsVersion: '1.2',
  ftpsState: 'FtpsOnly',
  functionAppScaleLimit: 0,
}

/** Settings of a site. */
export function siteConfigRoutes(resources: Resources): readonly Route[] {
  const route = siteRoute(resources)
  const settings = (site: Site): Answer => {
    const part = sitePart(resources, site, 'config/appsettings', 'config')
    return { status: 200, body: { ...part, name: 'appsettings', properties: site.settings } }
  }
  const web = (site: Site): Answer => {
    const part = sitePart(resources, site, 'config/web', 'config')
    return { status: 200, body: { ...part, name: site.name, properties: { ...WEB_DEFAULTS, ...site.siteConfig } } }
  }
  const setWeb = (site: Site, { body }: ArmCall): Answer => {
    checkIdle(site)
    site.siteConfig = { ...site.siteConfig, ...(body['properties'] as object | undefined) }
    return web(site)
  }
  const setSettings = (site: Site, { body }: ArmCall): Answer => {
    checkIdle(site)
    const given = (body['properties'] ?? {}) as Record<string, string>
    checkAppSettings(given)
    const changed = JSON.stringify(given) !== JSON.stringify(site.settings)
    site.settings = given
    if (changed) void site.app.configure({ config: site.functionAppConfig, settings: given })
    return settings(site)
  }
  return [
    route('WebApps_ListApplicationSettings', 'POST', '/config/appsettings/list', settings),
    route('WebApps_UpdateApplicationSettings', 'PUT', '/config/appsettings', setSettings),
    route('WebApps_GetConfiguration', 'GET', '/config/web', web),
    route('WebApps_UpdateConfiguration', 'PATCH', '/config/web', setWeb),
    route('WebApps_CreateOrUpdateConfiguration', 'PUT', '/config/web', setWeb),
    route('WebApps_Restart', 'POST', '/restart', async (site) => {
      await site.app.configure(site.app.configuration)
      return { status: 200 }
    }),
  ]
}
