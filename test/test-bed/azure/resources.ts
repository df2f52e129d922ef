import type { Account, Region } from './account.ts'
import type { FunctionAppConfig } from './flex-rules.ts'
import type { FunctionApp } from './function-app.ts'
import type { Listener } from './https-server.ts'

export interface Plan {
  readonly name: string
  readonly region: Region
  readonly sku: { readonly name: string; readonly tier: string }
  tags: Readonly<Record<string, string>>
  /** An operation on it is in progress. */
  busy: boolean
}

export interface Site {
  readonly name: string
  readonly region: Region
  readonly plan: Plan
  kind: string
  tags: Readonly<Record<string, string>>
  identity: unknown
  functionAppConfig: FunctionAppConfig
  settings: Readonly<Record<string, string>>
  /** What else `config/web` holds. */
  siteConfig: Readonly<Record<string, unknown>>
  modifiedAt: Date
  busy: boolean
  readonly app: FunctionApp
  /** Where it answers, and where its packages are taken. */
  readonly gateway: Listener
  readonly scm: Listener
}

/** What is in the resource group, by name in lower case. */
export class Resources {
  readonly account: Account
  readonly plans = new Map<string, Plan>()
  readonly sites = new Map<string, Site>()

  /** Of all instances that live now. */
  readonly usedMemoryMb: () => number

  constructor(account: Account, usedMemoryMb: () => number) {
    this.account = account
    this.usedMemoryMb = usedMemoryMb
  }

  site(name: string): Site | undefined {
    return this.sites.get(name.toLowerCase())
  }

  plan(name: string): Plan | undefined {
    return this.plans.get(name.toLowerCase())
  }

  sitesOf(plan: Plan): readonly Site[] {
    return [...this.sites.values()].filter((site) => site.plan === plan)
  }

  /** `/subscriptions/…/providers/Microsoft.Web/sites/<name>` and the like. */
  idOf(type: string, name: string): string {
    const { subscriptionId, resourceGroup } = this.account
    return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`
  }
}
