import { flexRegion, sameRegion } from './account.ts'
import { type Answer, armError, webError } from './answer.ts'
import { type ArmCall, checkTags, page, type Route } from './arm-call.ts'
import { checkAppSettings, checkFunctionAppConfig, type FunctionAppConfig } from './flex-rules.ts'
import { userAssigned } from './managed-identity.ts'
import type { Operations } from './operations.ts'
import type { Plan, Resources, Site } from './resources.ts'

interface SiteBody {
  readonly location?: string
  readonly kind?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly identity?: unknown
  readonly properties?: {
    readonly serverFarmId?: string
    readonly functionAppConfig?: FunctionAppConfig
    readonly siteConfig?: { readonly appSettings?: readonly { readonly name?: string; readonly value?: string }[] }
  }
}

/** Facts of a site that is about to be made. */
export type NewSite = Pick<Site, 'name' | 'region' | 'plan' | 'kind' | 'tags' | 'identity' | 'functionAppConfig' | 'settings'>

export interface SitesOptions {
  readonly operationMs: number
  readonly pageSize: number
  make(site: NewSite): Promise<Site>
  /** Ends its instances; its name answers 404 from now on. */
  end(site: Site): Promise<void>
}

/** `Microsoft.Web/sites`, without what lies under a site. */
export class Sites {
  readonly #resources: Resources
  readonly #operations: Operations
  readonly #options: SitesOptions

  constructor(resources: Resources, operations: Operations, options: SitesOptions) {
    this.#resources = resources
    this.#operations = operations
    this.#options = options
  }

  routes(): readonly Route[] {
    const one = '/resourceGroups/{group}/providers/Microsoft.Web/sites/{}'
    const list = (call: ArmCall): Answer =>
      page(
        [...this.#resources.sites.values()].map((site) => siteBody(site, this.#resources)),
        call,
        this.#options.pageSize,
      )
    return [
      { operation: 'WebApps_CreateOrUpdate', method: 'PUT', path: one, answer: (call) => this.#put(call) },
      {
        operation: 'WebApps_Get',
        method: 'GET',
        path: one,
        answer: ({ names }) => ({ status: 200, body: siteBody(findSite(this.#resources, names), this.#resources) }),
      },
      { operation: 'WebApps_Update', method: 'PATCH', path: one, answer: (call) => this.#patch(call) },
      { operation: 'WebApps_Delete', method: 'DELETE', path: one, answer: (call) => this.#delete(call) },
      {
        operation: 'WebApps_ListByResourceGroup',
        method: 'GET',
        path: '/resourceGroups/{group}/providers/Microsoft.Web/sites',
        answer: list,
      },
      { operation: 'WebApps_List', method: 'GET', path: '/providers/Microsoft.Web/sites', answer: list },
      {
        operation: 'CheckNameAvailability',
        method: 'POST',
        path: '/providers/Microsoft.Web/checknameavailability',
        answer: ({ body }) => this.#checkName(String(body['name'])),
      },
    ]
  }

  async #put(call: ArmCall): Promise<Answer> {
    const [name = ''] = call.names
    const there = this.#resources.site(name)
    const wanted = this.#check(name, call.body as SiteBody, there)
    const { kind, tags, identity, functionAppConfig, settings } = wanted
    const site = there ?? (await this.#options.make(wanted))
    const changed = JSON.stringify([site.functionAppConfig, site.settings]) !== JSON.stringify([functionAppConfig, settings])
    Object.assign(site, { kind, tags, identity, functionAppConfig, settings, modifiedAt: new Date(), busy: true })
    this.#resources.sites.set(name.toLowerCase(), site)
    if (there && changed) void site.app.configure({ config: functionAppConfig, settings })
    const failure =
      call.fault?.kind === 'operation-fails' ? webError(500, 'InternalServerError', 'There was an unexpected error.') : undefined
    const settle = (): void => {
      site.busy = false
    }
    const duration = this.#options.operationMs + (call.fault?.kind === 'slow-operation' ? call.fault.delayMs : 0)
    return this.#operations.start(duration, { result: () => siteBody(site, this.#resources), ...(failure && { failure }), settle })
  }

  #check(name: string, body: SiteBody, there: Site | undefined): NewSite {
    const { location, kind = 'functionapp,linux', tags = {}, identity, properties = {} } = body
    if (!/^(?=.{2,60}$)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(name)) {
      throw webError(
        400,
        'BadRequest',
        `The parameter SiteName has an invalid value. The name '${name}' must be 2 to 60 letters, digits and hyphens.`,
        '01007',
      )
    }
    if (this.#resources.account.takenNames.has(name.toLowerCase()))
      throw webError(409, 'Conflict', `Website with given name ${name} already exists.`, '54001')
    checkTags(tags)
    const region = flexRegion(location, 'Microsoft.Web/sites')
    if (there) checkIdle(there)
    if (!kind.split(',').includes('functionapp'))
      throw webError(400, 'BadRequest', `Kind '${kind}' does not run on a Flex Consumption plan.`)
    const plan = this.#planOf(properties.serverFarmId, name)
    if (!sameRegion(plan.region.name, region.name)) {
      throw webError(
        400,
        'BadRequest',
        `The site's location '${region.displayName}' differs from that of its plan, '${plan.region.displayName}'.`,
      )
    }
    const unknown = userAssigned(identity).find((id) => !this.#resources.account.identities.includes(id))
    if (unknown !== undefined)
      throw armError(
        404,
        'ResourceNotFound',
        `The Resource '${unknown}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
      )
    const functionAppConfig = checkFunctionAppConfig(properties.functionAppConfig ?? there?.functionAppConfig, this.#resources.account)
    const given = properties.siteConfig?.appSettings
    const settings =
      given === undefined ? (there?.settings ?? {}) : Object.fromEntries(given.map(({ name, value }) => [name ?? '', value ?? '']))
    checkAppSettings(settings)
    return { name: there?.name ?? name, region, plan, kind, tags, identity, functionAppConfig, settings }
  }

  #planOf(serverFarmId: string | undefined, name: string): Plan {
    const plan = this.#resources.plan(serverFarmId?.split('/').at(-1) ?? '')
    const id = plan && this.#resources.idOf('Microsoft.Web/serverfarms', plan.name)
    if (plan === undefined || id?.toLowerCase() !== serverFarmId?.toLowerCase()) {
      throw webError(404, 'NotFound', `Cannot find ServerFarm with name ${serverFarmId?.split('/').at(-1)}.`, '51004')
    }
    const others = this.#resources.sitesOf(plan).filter((site) => site.name.toLowerCase() !== name.toLowerCase())
    if (others.length > 0) {
      throw webError(409, 'Conflict', `A Flex Consumption plan takes one app; '${plan.name}' has ${others[0]?.name}.`)
    }
    if (plan.busy)
      throw webError(409, 'Conflict', `Cannot use server farm '${plan.name}' because another operation is in progress.`, '59203')
    return plan
  }

  #patch({ names, body }: ArmCall): Answer {
    const site = findSite(this.#resources, names)
    checkIdle(site)
    const { tags, properties } = body as SiteBody
    const functionAppConfig = properties?.functionAppConfig
    if (functionAppConfig) {
      site.functionAppConfig = checkFunctionAppConfig({ ...site.functionAppConfig, ...functionAppConfig }, this.#resources.account)
      void site.app.configure({ config: site.functionAppConfig, settings: site.settings })
    }
    Object.assign(site, { tags: tags ?? site.tags, modifiedAt: new Date() })
    return { status: 200, body: siteBody(site, this.#resources) }
  }

  async #delete({ names: [name = ''], url }: ArmCall): Promise<Answer> {
    const site = this.#resources.site(name)
    if (site === undefined) return { status: 204 }
    checkIdle(site)
    this.#resources.sites.delete(name.toLowerCase())
    if (url.searchParams.get('deleteEmptyServerFarm') !== 'false' && this.#resources.sitesOf(site.plan).length === 0) {
      this.#resources.plans.delete(site.plan.name.toLowerCase())
    }
    await this.#options.end(site)
    return { status: 200 }
  }

  #checkName(name: string): Answer {
    const taken = this.#resources.account.takenNames.has(name.toLowerCase()) || this.#resources.site(name) !== undefined
    const message = `Hostname '${name}' already exists. Please select a different name.`
    return {
      status: 200,
      body: taken ? { nameAvailable: false, reason: 'AlreadyExists', message } : { nameAvailable: true, reason: '', message: '' },
    }
  }
}

/** @throws Refusal 409 while an operation is in progress */
export function checkIdle({ name, busy }: Site): void {
  if (!busy) return
  throw webError(409, 'Conflict', `Cannot modify this site because another operation is in progress. Details: Name: ${name}`, '59203')
}

/** @throws Refusal `ResourceNotFound` */
export function findSite(resources: Resources, [name = '']: readonly string[]): Site {
  const site = resources.site(name)
  if (site !== undefined) return site
  const { resourceGroup } = resources.account
  throw armError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Web/sites/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}

/** A site as it is told: settings are never part of it. */
export function siteBody(site: Site, resources: Resources): object {
  const { name, region, plan, kind, tags, identity, functionAppConfig, modifiedAt, gateway, scm } = site
  const hostState = (host: string, hostType: string): object => ({ name: host, sslState: 'Disabled', hostType, thumbprint: null })
  return {
    id: resources.idOf('Microsoft.Web/sites', name),
    name,
    type: 'Microsoft.Web/sites',
    kind,
    location: region.displayName,
    tags,
    ...(identity !== undefined && { identity }),
    properties: {
      name,
      state: 'Running',
      hostNames: [gateway.host],
      repositorySiteName: name,
      usageState: 'Normal',
      enabled: true,
      enabledHostNames: [gateway.host, scm.host],
      availabilityState: 'Normal',
      hostNameSslStates: [hostState(gateway.host, 'Standard'), hostState(scm.host, 'Repository')],
      serverFarmId: resources.idOf('Microsoft.Web/serverfarms', plan.name),
      reserved: true,
      lastModifiedTimeUtc: modifiedAt.toISOString().replace('Z', ''),
      siteConfig: { appSettings: null, linuxFxVersion: '', alwaysOn: false },
      functionAppConfig,
      sku: 'FlexConsumption',
      defaultHostName: gateway.host,
      httpsOnly: false,
      resourceGroup: resources.account.resourceGroup,
      inProgressOperationId: null,
    },
  }
}
