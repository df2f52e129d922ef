import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, type AccountOptions, makeAccount } from './azure/account.ts'
import { ResourceManager } from './azure/arm.ts'
import { Desk } from './azure/desk.ts'
import { Entra } from './azure/entra.ts'
import type { Faults, ServedRequest } from './azure/faults.ts'
import { type Execution, FunctionApp } from './azure/function-app.ts'
import { Gateway } from './azure/gateway.ts'
import { type Handler, type Listener, listen } from './azure/https-server.ts'
import { ManagedIdentities, userAssigned } from './azure/managed-identity.ts'
import { Operations, type PollStyle } from './azure/operations.ts'
import { Plans } from './azure/plans.ts'
import { prerequisiteRoutes } from './azure/prerequisites.ts'
import { Resources, type Site } from './azure/resources.ts'
import { Scm } from './azure/scm.ts'
import { siteConfigRoutes } from './azure/site-config.ts'
import { siteDeploymentRoutes } from './azure/site-deployments.ts'
import { siteFunctionRoutes } from './azure/site-functions.ts'
import { type NewSite, Sites } from './azure/sites.ts'
import { makeCertificates } from './certificates.ts'
import { type InstanceHost, loopbackHost } from './instance-host.ts'

export interface AzureBedOptions extends AccountOptions {
  /** Where instances live; the bed disposes of it. Default `loopbackHost()`. */
  readonly host?: InstanceHost
  /** How a long-running operation is followed. Default `location`. */
  readonly polling?: PollStyle
  /** How long an operation of the Resource Manager takes; with 0 it is answered at once. Default 20 ms. */
  readonly operationMs?: number
  /** How long each step of a deployment takes. Default 10 ms. */
  readonly deployStepMs?: number
  /** How much a page of a list holds. Default 100. */
  readonly pageSize?: number
  /** The platform's 230 s. */
  readonly httpTimeoutMs?: number
  /** How long an instance without work lives. Default 10 minutes. */
  readonly idleMs?: number
  /** How long tokens hold. Default 3600 s. */
  readonly tokenLifetimeSeconds?: number
}

/**
 * Azure as far as netfair uses it, over HTTPS on loopback. ARM and the token endpoint share one address; every site has one for its
 * functions (`defaultHostName`) and one for its packages (in `hostNameSslStates`, `Repository`), as `127.0.0.1:<port>` instead of
 * `<app>.azurewebsites.net` and `<app>.scm.azurewebsites.net`; they answer 404 after the site is gone.
 */
export interface AzureBed extends AsyncDisposable {
  /** What a process needs so that the adapter as written works against the bed. */
  readonly environment: Readonly<Record<string, string>>
  /** The authority of the bed's certificates, PEM. */
  readonly ca: string
  readonly account: Account
  /** Credentials that no journal, log or message may hold: the client's secret, storage keys, and tokens and function keys as they are made. */
  readonly secrets: readonly string[]
  readonly requests: readonly ServedRequest[]
  /** Tokens that functions were given as one of their app's identities; only instances on loopback can ask. */
  readonly functionTokens: readonly string[]
  /** Executions that have ended, in this order. */
  readonly executions: readonly Execution[]
  readonly faults: Faults
  /** What hosts and apps have said. */
  readonly log: readonly string[]
  /** `Microsoft.Web/sites/<name>` and `Microsoft.Web/serverfarms/<name>` of all that is there. */
  remains(): readonly string[]
  /** Instances that live now. */
  instances(): number
}

/** Starts a bed. */
export async function startAzureBed(options: AzureBedOptions = {}): Promise<AzureBed> {
  const bed = new Bed(options, await mkdtemp(join(tmpdir(), 'azure-bed-')))
  try {
    await bed.open()
    return bed
  } catch (error) {
    await bed[Symbol.asyncDispose]()
    throw error
  }
}

class Bed implements AzureBed {
  readonly account: Account
  readonly desk = new Desk()
  readonly secrets: string[] = []
  readonly executions: Execution[] = []
  readonly log: string[] = []
  readonly #options: AzureBedOptions
  readonly #directory: string
  readonly #host: InstanceHost
  readonly #entra: Entra
  readonly #resources: Resources
  readonly #quota: { readonly limitMb: number; usedMb: number }
  readonly #listeners: Listener[] = []
  readonly #apps: FunctionApp[] = []
  #identities: ManagedIdentities | undefined
  #certificates: Awaited<ReturnType<typeof makeCertificates>> | undefined
  #endpoint = ''
  readonly #audiences = ['https://management.azure.com', 'https://management.core.windows.net']

  constructor(options: AzureBedOptions, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#host = options.host ?? loopbackHost()
    this.account = makeAccount(options)
    this.#resources = new Resources(this.account, () => this.#quota.usedMb)
    this.#quota = { limitMb: this.account.limits.memoryMb, usedMb: 0 }
    const principal = { tenantId: randomUUID(), clientId: randomUUID(), clientSecret: `bed8Q~${randomBytes(24).toString('base64url')}` }
    const planted = (secret: string): void => void this.secrets.push(secret)
    this.#entra = new Entra(principal, {
      audiences: this.#audiences,
      lifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
      issued: planted,
    })
    this.secrets.push(principal.clientSecret, ...this.account.storageKeys)
  }

  async open(): Promise<void> {
    this.#certificates = await makeCertificates(this.#directory)
    this.#identities = await ManagedIdentities.listen(this.#entra.principal.tenantId)
    const { operationMs = 20, pageSize = 100, polling = 'location' } = this.#options
    const { subscriptionId, location } = this.account
    const operations = new Operations(
      () => `${this.#endpoint}/subscriptions/${subscriptionId}/providers/Microsoft.Web/locations/${location.name}`,
      polling,
    )
    const sites = new Sites(this.#resources, operations, {
      operationMs,
      pageSize,
      make: (site) => this.#make(site),
      end: ({ app }) => app.close(),
    })
    const plans = new Plans(this.#resources, operations, { operationMs, pageSize })
    const routes = [
      ...prerequisiteRoutes(this.#resources),
      ...plans.routes(),
      ...sites.routes(),
      ...siteConfigRoutes(this.#resources),
      ...siteFunctionRoutes(this.#resources, { pageSize }),
      ...siteDeploymentRoutes(this.#resources, { pageSize }),
    ]
    const arm = new ResourceManager({ resources: this.#resources, entra: this.#entra, desk: this.desk, operations }, routes)
    const { host } = await this.#listen((call) => {
      if (/^\/subscriptions\//i.test(call.url.pathname)) return arm.handle(call)
      return this.desk.handle(
        call,
        { operation: call.method === 'POST' ? 'Entra_Token' : 'Entra_Discovery' },
        () => this.#entra.answer(call) ?? { status: 404 },
      )
    })
    this.#endpoint = `https://${host}`
    this.#audiences.push(this.#endpoint)
  }

  get ca(): string {
    return this.#certificates?.ca ?? ''
  }

  get environment(): Readonly<Record<string, string>> {
    const { tenantId, clientId, clientSecret } = this.#entra.principal
    const { subscriptionId, resourceGroup, location, storageAccount } = this.account
    return {
      NETFAIR_AZURE_ENDPOINT: this.#endpoint,
      NETFAIR_TEST_CA: this.#certificates?.caFile ?? '',
      AZURE_AUTHORITY_HOST: this.#endpoint,
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_CLIENT_SECRET: clientSecret,
      AZURE_SUBSCRIPTION_ID: subscriptionId,
      AZURE_RESOURCE_GROUP: resourceGroup,
      AZURE_LOCATION: location.name,
      AZURE_STORAGE_ACCOUNT: storageAccount,
      // Never a look for another identity: that would leave loopback.
      AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
    }
  }

  get requests(): readonly ServedRequest[] {
    return this.desk.requests
  }

  get faults(): Faults {
    return this.desk.faults
  }

  get functionTokens(): readonly string[] {
    return this.#identities?.tokens ?? []
  }

  remains(): readonly string[] {
    const { sites, plans } = this.#resources
    const named = (type: string, all: Iterable<{ readonly name: string }>): string[] =>
      [...all].map(({ name }) => `Microsoft.Web/${type}/${name}`)
    return [...named('sites', sites.values()), ...named('serverfarms', plans.values())]
  }

  instances(): number {
    return this.#apps.reduce((sum, app) => sum + app.instances, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear()
    const closing = this.#apps.map((app) => app.close())
    await this.#host[Symbol.asyncDispose]()
    await Promise.all(closing)
    await this.#identities?.[Symbol.asyncDispose]()
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #listen(handler: Handler): Promise<Listener> {
    if (this.#certificates === undefined) throw new Error('not open')
    const listener = await listen(this.#certificates, handler)
    this.#listeners.push(listener)
    return listener
  }

  async #make(wanted: NewSite): Promise<Site> {
    const { name, region, functionAppConfig, settings } = wanted
    const identity = this.#identities?.environmentOf(userAssigned(wanted.identity)) ?? {}
    const { idleMs = 600_000, deployStepMs = 10, httpTimeoutMs = 230_000 } = this.#options
    const site = (): Site | undefined => (this.#resources.site(name)?.app === app ? this.#resources.site(name) : undefined)
    const gateway = new Gateway(name, site, {
      desk: this.desk,
      httpTimeoutMs,
      executed: (execution) => void this.executions.push(execution),
    })
    const scm = new Scm(name, site, { entra: this.#entra, desk: this.desk })
    const surroundings = { host: this.#host, account: this.account, quota: this.#quota, idleMs, deployStepMs }
    const place = { name, regionName: region.displayName, directory: join(this.#directory, `a${this.#apps.length}`) }
    const app = new FunctionApp(
      { ...surroundings, ...place, identity, log: (line) => void this.log.push(line), newKey: (key) => void this.secrets.push(key) },
      { config: functionAppConfig, settings },
    )
    this.#apps.push(app)
    const [answering, taking] = await Promise.all([this.#listen((call) => gateway.handle(call)), this.#listen((call) => scm.handle(call))])
    return { ...wanted, siteConfig: {}, modifiedAt: new Date(), busy: true, app, gateway: answering, scm: taking }
  }
}
