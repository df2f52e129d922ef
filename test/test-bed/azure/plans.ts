import { flexRegion } from './account.ts'
import { type Answer, armError, type Refusal, webError } from './answer.ts'
import { type ArmCall, checkTags, page, type Route } from './arm-call.ts'
import type { Operations } from './operations.ts'
import type { Plan, Resources } from './resources.ts'

interface PlanBody {
  readonly location?: string
  readonly kind?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly sku?: { readonly name?: string; readonly tier?: string }
  readonly properties?: { readonly reserved?: boolean }
}

/** `Microsoft.Web/serverfarms`. */
export class Plans {
  readonly #resources: Resources
  readonly #operations: Operations
  readonly #settings: { readonly operationMs: number; readonly pageSize: number }

  constructor(resources: Resources, operations: Operations, settings: { readonly operationMs: number; readonly pageSize: number }) {
    this.#resources = resources
    this.#operations = operations
    this.#settings = settings
  }

  routes(): readonly Route[] {
    const one = '/resourceGroups/{group}/providers/Microsoft.Web/serverfarms/{}'
    const list = (call: ArmCall): Answer =>
      page(
        [...this.#resources.plans.values()].map((plan) => this.#body(plan)),
        call,
        this.#settings.pageSize,
      )
    return [
      { operation: 'AppServicePlans_CreateOrUpdate', method: 'PUT', path: one, answer: (call) => this.#put(call) },
      {
        operation: 'AppServicePlans_Get',
        method: 'GET',
        path: one,
        answer: ({ names }) => ({ status: 200, body: this.#body(this.#find(names)) }),
      },
      { operation: 'AppServicePlans_Update', method: 'PATCH', path: one, answer: (call) => this.#patch(call) },
      { operation: 'AppServicePlans_Delete', method: 'DELETE', path: one, answer: ({ names }) => this.#delete(names) },
      {
        operation: 'AppServicePlans_ListByResourceGroup',
        method: 'GET',
        path: '/resourceGroups/{group}/providers/Microsoft.Web/serverfarms',
        answer: list,
      },
      { operation: 'AppServicePlans_List', method: 'GET', path: '/providers/Microsoft.Web/serverfarms', answer: list },
    ]
  }

  #find([name = '']: readonly string[]): Plan {
    const plan = this.#resources.plan(name)
    if (plan === undefined) throw notFound(name, this.#resources.account.resourceGroup)
    return plan
  }

  #put({ names: [name = ''], body, fault }: ArmCall): Answer {
    const { location, tags = {}, sku, properties } = body as PlanBody
    checkTags(tags)
    const region = flexRegion(location, 'Microsoft.Web/serverFarms')
    if (!/^[a-zA-Z0-9-]{1,60}$/.test(name))
      throw webError(400, 'BadRequest', `The parameter Server farm name '${name}' has an invalid value.`, '01007')
    if (sku?.name !== 'FC1') throw webError(400, 'BadRequest', `The test bed has plans of SKU FC1 only, not '${sku?.name}'.`)
    if (sku.tier !== undefined && sku.tier !== 'FlexConsumption')
      throw webError(400, 'BadRequest', `The SKU FC1 is of tier FlexConsumption, not '${sku.tier}'.`)
    if (properties?.reserved !== true)
      throw webError(400, 'BadRequest', "Flex Consumption is offered on Linux only: 'reserved' must be true.")
    const there = this.#resources.plan(name)
    if (there?.busy) throw busy(name)
    const inRegion = [...this.#resources.plans.values()].filter((plan) => plan.region === region)
    const { plans } = this.#resources.account.limits
    if (there === undefined && inRegion.length >= plans) {
      throw armError(409, 'QuotaExceeded', `The maximum number of ${plans} Flex Consumption plans in ${region.name} is reached.`)
    }
    const plan: Plan = { name: there?.name ?? name, region, sku: { name: 'FC1', tier: 'FlexConsumption' }, tags, busy: true }
    if (there) Object.assign(there, { tags, busy: true })
    else this.#resources.plans.set(name.toLowerCase(), plan)
    const current = there ?? plan
    const failure = fault?.kind === 'operation-fails' ? webError(500, 'InternalServerError', 'There was an unexpected error.') : undefined
    const settle = (): void => {
      current.busy = false
    }
    const duration = this.#settings.operationMs + (fault?.kind === 'slow-operation' ? fault.delayMs : 0)
    return this.#operations.start(duration, { result: () => this.#body(current), ...(failure && { failure }), settle })
  }

  #patch({ names, body }: ArmCall): Answer {
    const plan = this.#find(names)
    if (plan.busy) throw busy(plan.name)
    plan.tags = (body as PlanBody).tags ?? plan.tags
    return { status: 200, body: this.#body(plan) }
  }

  #delete([name = '']: readonly string[]): Answer {
    const plan = this.#resources.plan(name)
    if (plan === undefined) return { status: 204 }
    if (plan.busy) throw busy(name)
    const sites = this.#resources.sitesOf(plan).map((site) => site.name)
    if (sites.length > 0) {
      throw webError(
        409,
        'Conflict',
        `Server farm '${name}' cannot be deleted because it has web app(s) ${sites.join(', ')} assigned to it.`,
        '11003',
      )
    }
    this.#resources.plans.delete(name.toLowerCase())
    return { status: 200 }
  }

  #body(plan: Plan): object {
    const { name, region, sku, tags, busy } = plan
    const sites = this.#resources.sitesOf(plan).length
    return {
      id: this.#resources.idOf('Microsoft.Web/serverfarms', name),
      name,
      type: 'Microsoft.Web/serverfarms',
      kind: 'functionapp',
      location: region.displayName,
      tags,
      sku: { ...sku, size: 'FC1', family: 'FC', capacity: 0 },
      properties: {
        name,
        status: 'Ready',
        geoRegion: region.displayName,
        reserved: true,
        numberOfSites: sites,
        resourceGroup: this.#resources.account.resourceGroup,
        subscription: this.#resources.account.subscriptionId,
        provisioningState: busy ? 'InProgress' : 'Succeeded',
      },
    }
  }
}

const busy = (name: string): Refusal =>
  webError(409, 'Conflict', `Cannot modify this resource because another operation is in progress. Details: Name: ${name}`, '59203')

function notFound(name: string, group: string): Refusal {
  return armError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Web/serverFarms/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}
