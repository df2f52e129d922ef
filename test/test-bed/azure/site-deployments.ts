import { armError } from './answer.ts'
import { page, type Route } from './arm-call.ts'
import { DEPLOY_STATUS, type DeploymentRecord, deploymentFacts } from './deployment.ts'
import type { Resources, Site } from './resources.ts'
import { sitePart, siteRoute } from './site-route.ts'

/** Deployments of a site, as the Resource Manager tells them. */
export function siteDeploymentRoutes(resources: Resources, { pageSize }: { readonly pageSize: number }): readonly Route[] {
  const route = siteRoute(resources)
  const body = (site: Site, record: DeploymentRecord): object => {
    const part = sitePart(resources, site, `deployments/${record.id}`, 'deployments')
    return { ...part, name: record.id, properties: deploymentFacts(record) }
  }
  return [
    route('WebApps_ListDeployments', 'GET', '/deployments', (site, call) => {
      const bodies = site.app.deployments.map((record) => body(site, record))
      return page(bodies, call, pageSize)
    }),
    route('WebApps_GetDeployment', 'GET', '/deployments/{}', (site, { names }) => ({
      status: 200,
      body: body(site, find(site, names[1])),
    })),
    route('WebApps_GetProductionSiteDeploymentStatus', 'GET', '/deploymentStatus/{}', (site, { names }) => {
      const record = find(site, names[1])
      const part = sitePart(resources, site, `deploymentStatus/${record.id}`, 'deploymentStatus')
      return { status: 200, body: { ...part, name: record.id, properties: runtimeFacts(record) } }
    }),
  ]
}

function find(site: Site, id = ''): DeploymentRecord {
  const record = site.app.deployments.find((one) => one.id === id)
  if (record) return record
  throw armError(404, 'NotFound', `Deployment '${id}' not found.`)
}

function runtimeFacts({ id, status, text }: DeploymentRecord): object {
  const failed = status === DEPLOY_STATUS.failed
  const state = status === DEPLOY_STATUS.success ? 'RuntimeSuccessful' : failed ? 'BuildFailed' : 'BuildInProgress'
  return { deploymentId: id, status: state, errors: failed ? [{ message: text }] : [] }
}
