import { type Answer, armError } from './answer.ts'
import { jsonBody, type Route } from './arm-call.ts'
import type { Desk } from './desk.ts'
import type { Entra } from './entra.ts'
import type { Call } from './https-server.ts'
import type { Operations } from './operations.ts'
import type { Resources } from './resources.ts'

/** The Resource Manager: what holds for every request, then the route's own answer. */
export class ResourceManager {
  readonly #resources: Resources
  readonly #entra: Entra
  readonly #desk: Desk
  readonly #routes: readonly { readonly route: Route; readonly pattern: RegExp }[]

  constructor(
    parts: { readonly resources: Resources; readonly entra: Entra; readonly desk: Desk; readonly operations: Operations },
    routes: readonly Route[],
  ) {
    this.#resources = parts.resources
    this.#entra = parts.entra
    this.#desk = parts.desk
    const operation: Route = {
      operation: 'Operations_Get',
      method: 'GET',
      path: '/providers/Microsoft.Web/locations/{}/{}/{}',
      answer: ({ names }) => parts.operations.ask(names[1] ?? '', names[2] ?? ''),
    }
    this.#routes = [operation, ...routes].map((route) => ({ route, pattern: patternOf(route.path) }))
  }

  /** Answers a request to `/subscriptions/…`. */
  async handle(call: Call): Promise<Answer | 'drop'> {
    const [, , subscription = '', ...rest] = call.url.pathname.split('/')
    const path = rest.length === 0 ? '' : `/${rest.map(decodeURIComponent).join('/')}`
    const found = this.#routes.find(({ route, pattern }) => route.method === call.method && pattern.test(path))
    const { group, ...named } = (found && pathNames(found.pattern, path)) ?? {}
    const names = Object.values(named)
    return this.#desk.handle(call, { operation: found?.route.operation ?? `${call.method} ${path}`, name: names[0] }, (fault) => {
      this.#entra.verify(call.headers['authorization'])
      this.#check(subscription, group, call.url)
      if (found === undefined) throw armError(404, 'InvalidResourceType', `The test bed does not serve ${call.method} ${path}.`)
      return found.route.answer({ url: call.url, names, body: jsonBody(call), fault, origin: `https://${call.headers['host']}` })
    })
  }

  #check(subscription: string, group: string | undefined, url: URL): void {
    const { subscriptionId, resourceGroup } = this.#resources.account
    if (subscription.toLowerCase() !== subscriptionId) {
      throw armError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`)
    }
    const version = url.searchParams.get('api-version')
    if (version === null)
      throw armError(400, 'MissingApiVersionParameter', 'The api-version query parameter (?api-version=) is required for all requests.')
    if (!/^20\d\d-\d\d-\d\d(-preview)?$/.test(version)) {
      throw armError(
        400,
        'InvalidApiVersionParameter',
        `The api-version '${version}' is invalid. The supported versions are '2025-05-01,2024-04-01,2023-12-01'.`,
      )
    }
    if (group !== undefined && group.toLowerCase() !== resourceGroup.toLowerCase()) {
      throw armError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`)
    }
  }
}

function patternOf(path: string): RegExp {
  let names = 0
  const source = path.replace('{group}', '(?<group>[^/]+)').replaceAll('{}', () => {
    names += 1
    return `(?<name${names}>[^/]+)`
  })
  return new RegExp(`^${source}/?$`, 'i')
}

const pathNames = (pattern: RegExp, path: string): Record<string, string> => ({ ...pattern.exec(path)?.groups })
