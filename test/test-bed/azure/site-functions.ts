import { armError, webError } from './answer.ts'
import { page, type Route } from './arm-call.ts'
import type { RegisteredFunction } from './instance.ts'
import type { Resources, Site } from './resources.ts'
import { sitePart, siteRoute } from './site-route.ts'

/** Functions of a site, and their keys. */
export function siteFunctionRoutes(resources: Resources, { pageSize }: { readonly pageSize: number }): readonly Route[] {
  const route = siteRoute(resources)
  const body = (site: Site, registered: RegisteredFunction): object => {
    const { name } = registered
    const part = sitePart(resources, site, `functions/${name}`, 'functions')
    return { ...part, name: `${site.name}/${name}`, properties: functionFacts(site, registered) }
  }
  return [
    route('WebApps_ListFunctions', 'GET', '/functions', (site, call) => {
      const bodies = site.app.functions.map((one) => body(site, one))
      return page(bodies, call, pageSize)
    }),
    route('WebApps_GetFunction', 'GET', '/functions/{}', (site, { names }) => ({
      status: 200,
      body: body(site, findFunction(site, names[1])),
    })),
    route('WebApps_ListFunctionKeys', 'POST', '/functions/{}/listkeys', (site, { names }) => {
      checkHost(site)
      const { name } = findFunction(site, names[1])
      // At the top, against the specification (which the SDK follows, and so drops it): as templates read it, `listKeys(…).default`.
      return { status: 200, body: site.app.functionKeys.get(name) }
    }),
    route('WebApps_ListHostKeys', 'POST', '/host/default/listkeys', (site) => {
      checkHost(site)
      return { status: 200, body: { masterKey: site.app.masterKey, functionKeys: site.app.hostKeys, systemKeys: {} } }
    }),
    route('WebApps_SyncFunctionTriggers', 'POST', '/syncfunctiontriggers', () => ({ status: 204 })),
  ]
}

function findFunction(site: Site, name = ''): RegisteredFunction {
  const found = site.app.functions.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  throw armError(404, 'NotFound', `Function with name: "${name}" does not exist.`)
}

function functionFacts({ gateway, app }: Site, registered: RegisteredFunction): object {
  const { name, route = name } = registered
  return {
    name,
    function_app_id: null,
    config: { name, bindings: [registered] },
    invoke_url_template: `https://${gateway.host}/${app.routePrefix}/${route}`,
    language: 'node',
    isDisabled: false,
  }
}

/** Keys are kept by the host, in its storage. */
function checkHost(site: Site): void {
  if (!site.app.runs) throw webError(400, 'BadRequest', 'Encountered an error (ServiceUnavailable) from host runtime.', '04006')
}
