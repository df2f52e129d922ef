import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceHost } from '../instance-host.ts'
import type { Account } from './account.ts'
import { deploymentStorageOpens, type FunctionAppConfig, hostStarts } from './flex-rules.ts'
import { Instance, type InstanceLaunchOptions, type RegisteredFunction } from './instance.ts'
import { InstancePool, type MemoryQuota } from './instance-pool.ts'
import { unpack } from './zip-package.ts'

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

/** As Kudu numbers them. */
export const DEPLOY_STATUS = { pending: 0, building: 1, deploying: 2, failed: 3, success: 4 } as const

export interface DeploymentRecord {
  readonly id: string
  status: number
  text: string
  readonly deployer: string
  readonly receivedAt: Date
  endedAt?: Date
  readonly log: string[]
}

export interface FunctionAppOptions {
  readonly name: string
  readonly regionName: string
  readonly host: InstanceHost
  readonly account: Account
  readonly quota: MemoryQuota
  readonly directory: string
  readonly idleMs: number
  readonly deployStepMs: number
  log(line: string): void
  /** Told of every key. */
  newKey(key: string): void
}

interface LoadedPackage {
  readonly directory: string
  readonly main: string | undefined
  readonly routePrefix: string
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
    const record: DeploymentRecord = {
      id: randomUUID(),
      status: DEPLOY_STATUS.pending,
      text: '',
      deployer,
      receivedAt: new Date(),
      log: [],
    }
    this.deployments.push(record)
    const deploying = this.#deploy(record, zip, fails).catch((error: unknown) => end(record, DEPLOY_STATUS.failed, String(error)))
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
    const { account, deployStepMs, directory } = this.options
    const step = async (status: number, line: string): Promise<void> => {
      record.status = status
      record.log.push(line)
      await new Promise((resolve) => setTimeout(resolve, deployStepMs))
    }
    await step(DEPLOY_STATUS.pending, '[Kudu-SourcePackageUriDownloadStep] starting.')
    await step(DEPLOY_STATUS.building, '[Kudu-ExtractZipStep] starting.')
    const place = join(directory, record.id)
    await mkdir(place, { recursive: true })
    const unreadable = await unpack(zip, place).catch(() => undefined)
    if (unreadable === undefined) return end(record, DEPLOY_STATUS.failed, '[Kudu-ExtractZipStep] The package is not a valid ZIP file.')
    const hostJson = await readFile(join(place, 'host.json'), 'utf8').catch(() => undefined)
    if (hostJson === undefined)
      return end(record, DEPLOY_STATUS.failed, '[Kudu-ContentValidationStep] Cannot find required host.json file.')
    await step(DEPLOY_STATUS.deploying, '[Kudu-UploadPackageStep] starting.')
    const { config, settings } = this.#configuration
    if (!deploymentStorageOpens(config, settings, account)) {
      return end(
        record,
        DEPLOY_STATUS.failed,
        '[Kudu-UploadPackageStep] InaccessibleStorageException: Failed to access storage account for deployment.',
      )
    }
    if (fails)
      return end(record, DEPLOY_STATUS.failed, '[Kudu-UploadPackageStep] Failed to upload the package: the operation was cancelled.')
    for (const name of unreadable)
      this.options.log(`${this.options.name}: ${name} has no Unix permissions in the package; the host cannot read it.`)
    this.#package = {
      directory: place,
      main: unreadable.length > 0 ? undefined : await mainOf(place),
      routePrefix: routePrefixOf(hostJson),
    }
    record.log.push('[Kudu-SyncTriggerStep] starting.')
    // As in the cloud, functions are found some time after the deployment has ended.
    void this.#restart()
    end(record, DEPLOY_STATUS.success, 'Deployment was successful.')
  }

  /** Retires the instances and asks a fresh one which functions there are. An app that cannot be loaded has none. */
  #restart(): Promise<void> {
    this.pool?.retire()
    this.pool = undefined
    this.#indexing = this.#indexing.then(async () => {
      const launch = this.#launch()
      this.functions = launch === undefined ? [] : await this.#index(launch)
      for (const { name } of this.functions) if (!this.functionKeys.has(name)) this.functionKeys.set(name, { default: this.#newKey() })
      if (launch === undefined || this.#end.signal.aborted) return
      const { scaleAndConcurrency = {} } = this.#configuration.config
      this.pool?.retire()
      this.pool = new InstancePool({
        ...launch,
        maximumInstances: scaleAndConcurrency.maximumInstanceCount ?? 100,
        perInstanceConcurrency: scaleAndConcurrency.triggers?.http?.perInstanceConcurrency ?? 16,
        idleMs: this.options.idleMs,
        quota: this.options.quota,
        nextId: () => this.#newId(),
        log: this.options.log,
      })
      this.#pools.add(this.pool)
    })
    return this.#indexing
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

function end(record: DeploymentRecord, status: number, text: string): void {
  record.log.push(text)
  Object.assign(record, { status, text, endedAt: new Date() })
}

async function mainOf(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => '{}')
  const { main } = JSON.parse(text) as { readonly main?: string }
  return main === undefined ? undefined : join(directory, main)
}

function routePrefixOf(hostJson: string): string {
  const parsed = JSON.parse(hostJson) as { readonly extensions?: { readonly http?: { readonly routePrefix?: string } } }
  return parsed.extensions?.http?.routePrefix ?? 'api'
}
