import { randomBytes } from 'node:crypto'
import type { InstanceHost } from '../instance-host.ts'
import type { Account } from './account.ts'
import { DEPLOY_STATUS, type DeploymentRecord, endDeployment, type LoadedPackage, loadPackage, newDeployment } from './deployment.ts'
import { deploymentStorageOpens, type FunctionAppConfig, hostStarts } from './flex-rules.ts'
import { Instance, type InstanceLaunchOptions, type RegisteredFunction } from './instance.ts'
import { InstancePool, type MemoryQuota } from './instance-pool.ts'

/** One execution of a function, from when the instance got it until it had answered. */
export interface Execution {
  readonly site: string
  readonly function: string
  readonly instance: string
  readonly memoryMb: number
  /** Epoch milliseconds, with fractions. */
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly coldStart: boolean
  /** What it answered; absent where its instance died. */
  readonly status?: number
}

export interface Configuration {
  readonly config: FunctionAppConfig
  readonly settings: Readonly<Record<string, string>>
}

export interface FunctionAppOptions {
  readonly name: string
  readonly regionName: string
  readonly host: InstanceHost
  readonly account: Account
  readonly quota: MemoryQuota
  readonly directory: string
  /** What its processes find in their environment to ask for tokens with. */
  readonly identity: Readonly<Record<string, string>>
  readonly idleMs: number
  readonly deployStepMs: number
  log(line: string): void
  /** Told of every key. */
  newKey(key: string): void
}

/** The running side of a site: its package, keys, functions and instances. */
export class FunctionApp {
  readonly options: FunctionAppOptions
  readonly masterKey: string
  readonly hostKeys: Readonly<Record<string, string>>
  readonly functionKeys = new Map<string, Record<string, string>>()
  readonly deployments: DeploymentRecord[] = []
  functions: readonly RegisteredFunction[] = []
  pool: InstancePool | undefined
  #configuration: Configuration
  #package: LoadedPackage | undefined
  #indexing: Promise<void> = Promise.resolve()
  readonly #pools = new Set<InstancePool>()
  readonly #deploying = new Set<Promise<void>>()
  readonly #end = new AbortController()

  constructor(options: FunctionAppOptions, configuration: Configuration) {
    this.options = options
    this.#configuration = configuration
    this.masterKey = this.#newKey()
    this.hostKeys = { default: this.#newKey() }
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  get routePrefix(): string {
    return this.#package?.routePrefix ?? 'api'
  }

  /** Whether the host could start with these settings. */
  get runs(): boolean {
    return hostStarts(this.#configuration.settings, this.options.account)
  }

  /** New settings or sizes: the instances so far are outdated. */
  configure(configuration: Configuration): Promise<void> {
    this.#configuration = configuration
    return this.#restart()
  }

  /** Settled when the functions of the latest package and settings are known. */
  get indexed(): Promise<void> {
    return this.#indexing
  }

  get busyDeploying(): boolean {
    return this.deployments.some(({ endedAt }) => endedAt === undefined)
  }

  /** Takes a package; what became of it stands in the record. */
  publish(zip: Uint8Array, { deployer, fails }: { readonly deployer: string; readonly fails: boolean }): DeploymentRecord {
    const record = newDeployment(deployer)
    this.deployments.push(record)
    const failed = (error: Error): void => endDeployment(record, DEPLOY_STATUS.failed, error.message)
    const deploying = this.#deploy(record, zip, fails).catch(failed)
    this.#deploying.add(deploying)
    void deploying.then(() => this.#deploying.delete(deploying))
    return record
  }

  /** How many instances live. */
  get instances(): number {
    return [...this.#pools].reduce((sum, pool) => sum + pool.size, 0)
  }

  /** Ends everything of it. */
  async close(): Promise<void> {
    this.#end.abort()
    this.pool = undefined
    await Promise.all([...this.#pools].map((pool) => pool.close()))
    await Promise.all(this.#deploying)
    await this.#indexing
  }

  async #deploy(record: DeploymentRecord, zip: Uint8Array, fails: boolean): Promise<void> {
    const { account, deployStepMs: stepMs, directory, name } = this.options
    const { config, settings } = this.#configuration
    this.#package = await loadPackage(record, zip, {
      directory,
      stepMs,
      fails,
      storageOpens: () => deploymentStorageOpens(config, settings, account),
      log: (line) => this.options.log(`${name}: ${line}`),
    })
    // As in the cloud, functions are found some time after the deployment has ended.
    void this.#restart()
    endDeployment(record, DEPLOY_STATUS.success, 'Deployment was successful.')
  }

  /** Retires the instances and asks a fresh one which functions there are. An app that cannot be loaded has none. */
  #restart(): Promise<void> {
    this.pool?.retire()
    this.pool = undefined
    this.#indexing = this.#indexing.then(async () => {
      const launch = this.#launch()
      this.functions = launch === undefined ? [] : await this.#index(launch)
      for (const { name } of this.functions) if (!this.functionKeys.has(name)) this.functionKeys.set(name, { default: this.#newKey() })
      if (launch !== undefined && !this.#end.signal.aborted) this.#openPool(launch)
    })
    return this.#indexing
  }

  #openPool(launch: Omit<InstanceLaunchOptions, 'id'>): void {
    const { scaleAndConcurrency = {} } = this.#configuration.config
    const { idleMs, quota, log } = this.options
    this.pool?.retire()
    this.pool = new InstancePool({
      ...launch,
      maximumInstances: scaleAndConcurrency.maximumInstanceCount ?? 100,
      perInstanceConcurrency: scaleAndConcurrency.triggers?.http?.perInstanceConcurrency ?? 16,
      idleMs,
      quota,
      nextId: () => this.#newId(),
      log,
    })
    this.#pools.add(this.pool)
  }

  async #index(launch: Omit<InstanceLaunchOptions, 'id'>): Promise<readonly RegisteredFunction[]> {
    try {
      const instance = await Instance.start({ ...launch, id: this.#newId() }, this.options.log)
      await instance.kill()
      return instance.functions
    } catch (error) {
      this.options.log(`${this.options.name}: no functions: ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  }

  #launch(): Omit<InstanceLaunchOptions, 'id'> | undefined {
    const { config, settings } = this.#configuration
    const { host, directory, name, regionName } = this.options
    const loaded = this.#package
    if (loaded?.main === undefined || !this.runs || this.#end.signal.aborted) return undefined
    const environment = {
      ...settings,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      FUNCTIONS_EXTENSION_VERSION: '~4',
      AzureWebJobsScriptRoot: loaded.directory,
      WEBSITE_SITE_NAME: name,
      WEBSITE_SKU: 'FlexConsumption',
      REGION_NAME: regionName,
      HOME: '/home',
      ...this.options.identity,
    }
    const memoryMb = config.scaleAndConcurrency?.instanceMemoryMB ?? 2048
    return { host, directory, main: loaded.main, environment, memoryMb, signal: this.#end.signal }
  }

  #newKey(): string {
    const key = `${randomBytes(39).toString('base64url')}AzFu==`
    this.options.newKey(key)
    return key
  }

  #newId(): string {
    return randomBytes(6).toString('hex')
  }
}
