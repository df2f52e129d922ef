import type { Answer } from './answer.ts'
import type { ArmCall, Route } from './arm-call.ts'
import type { Resources, Site } from './resources.ts'
import { findSite } from './sites.ts'

type SiteAnswer = (site: Site, call: ArmCall) => Answer | Promise<Answer>

/** Makes routes under a site, which must be there. */
export function siteRoute(resources: Resources): (operation: string, method: string, path: string, answer: SiteAnswer) => Route {
  return (operation, method, path, answer) => ({
    operation,
    method,
    path: `/resourceGroups/{group}/providers/Microsoft.Web/sites/{}${path}`,
    answer: (call) => answer(findSite(resources, call.names), call),
  })
}

/** Of a resource under a site. */
export function sitePart(
  resources: Resources,
  site: Site,
  path: string,
  type: string,
): { readonly id: string; readonly type: string; readonly location: string } {
  const id = resources.idOf('Microsoft.Web/sites', `${site.name}/${path}`)
  return { id, type: `Microsoft.Web/sites/${type}`, location: site.region.displayName }
}
