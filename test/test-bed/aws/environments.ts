import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentChild } from '../../../src/providers/local/agent-child.ts'
import type { InstanceHost } from '../instance-host.ts'
import { type Execution, ExecutionEnvironment, type Invocation } from './execution-environment.ts'
import type { LambdaFunction, Revision } from './lambda-function.ts'
import type { RoleCredentials } from './role-credentials.ts'

/** `bed`: a small runtime of ours; `aws-lambda-ric`: AWS's own, from `test/aws-lambda-ric`. */
export type RuntimeName = 'bed' | 'aws-lambda-ric'

export interface EnvironmentsOptions {
  readonly host: InstanceHost
  readonly runtime: RuntimeName
  /** For sockets and unpacked code. */
  readonly folder: string
  readonly idleMs: number
  readonly credentials: RoleCredentials
  /** How much longer than it needs a new environment takes now. */
  extraStartMs(): number
}

interface Placed {
  readonly environment: ExecutionEnvironment
  readonly of: LambdaFunction
  readonly revision: Revision
  busy: boolean
  idleTimer?: NodeJS.Timeout
}

const RELAY = new URL('./relay.mjs', import.meta.url)
const RIC = new URL('../../aws-lambda-ric/', import.meta.url)
const RUNTIMES: Readonly<Record<RuntimeName, URL>> = {
  bed: new URL('./runtime.mjs', import.meta.url),
  'aws-lambda-ric': new URL('node_modules/aws-lambda-ric/index.mjs', RIC),
}

export function runtimeOf(name = 'bed'): RuntimeName {
  if (name in RUNTIMES) return name as RuntimeName
  throw new Error(`there is no Lambda runtime "${name}"`)
}

/** All execution environments of an account in all regions. */
export class Environments {
  readonly #options: EnvironmentsOptions
  readonly #all = new Set<Placed>()
  readonly #ending = new Set<Promise<void>>()
  readonly #starting = new Set<Promise<void>>()
  readonly #deleted = new WeakSet<LambdaFunction>()
  #started = 0
  #closed = false

  constructor(options: EnvironmentsOptions) {
    this.#options = options
  }

  /** How many have been started so far. */
  get started(): number {
    return this.#started
  }

  /** How many there are now, of one function or of all. */
  count(of?: LambdaFunction): { readonly all: number; readonly busy: number } {
    const some = [...this.#all].filter((placed) => of === undefined || placed.of === of)
    return { all: some.length, busy: some.filter(({ busy }) => busy).length }
  }

  /** Runs an invocation in an idle environment of the same revision, else in a new one. */
  async run(of: LambdaFunction, region: string, invocation: Invocation): Promise<Execution> {
    const revision = of.served
    this.retire(of)
    const idle = [...this.#all].find(
      (placed) => placed.of === of && placed.revision === revision && !placed.busy && placed.environment.alive,
    )
    const placed = idle ?? this.#place(of, revision)
    placed.busy = true
    clearTimeout(placed.idleTimer)
    try {
      if (idle === undefined) await this.#start(placed, region)
      return await placed.environment.run(invocation)
    } finally {
      placed.busy = false
      if (this.#isOutdated(placed) || !placed.environment.alive) this.#remove(placed)
      else placed.idleTimer = setTimeout(() => this.#remove(placed), this.#options.idleMs).unref()
    }
  }

  /** Ends idle environments that will not be used again. */
  retire(of: LambdaFunction): void {
    for (const placed of this.#all) if (placed.of === of && !placed.busy && this.#isOutdated(placed)) this.#remove(placed)
  }

  /** The function is no more; what runs may end. */
  forget(of: LambdaFunction): void {
    this.#deleted.add(of)
    this.retire(of)
  }

  /** Ends all. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#starting)
    for (const placed of this.#all) this.#remove(placed)
    await Promise.all(this.#ending)
  }

  #isOutdated({ of, revision }: Placed): boolean {
    return this.#closed || this.#deleted.has(of) || of.served !== revision
  }

  #place(of: LambdaFunction, revision: Revision): Placed {
    const placed = { environment: new ExecutionEnvironment(), of, revision, busy: true }
    this.#all.add(placed)
    return placed
  }

  async #start({ environment, of, revision }: Placed, region: string): Promise<void> {
    const socket = join(this.#options.folder, `${this.#started++}.sock`)
    const extraMs = this.#options.extraStartMs()
    if (extraMs > 0) await new Promise((resolve) => setTimeout(resolve, extraMs))
    if (this.#closed) throw new Error('the bed has ended')
    const starting = environment.start(socket, () => this.#launch(of, revision, { region, socket }))
    this.#starting.add(starting)
    await starting.finally(() => this.#starting.delete(starting))
  }

  async #launch(
    { name }: LambdaFunction,
    { code, settings }: Revision,
    { region, socket }: { region: string; socket: string },
  ): Promise<AgentChild> {
    const { host, runtime, folder, credentials } = this.#options
    const root = await code.unpacked(folder)
    return host.start({
      command: [process.execPath, '--import', RELAY.href, fileURLToPath(RUNTIMES[runtime]), settings.handler],
      memoryMb: settings.memoryMb,
      environment: {
        ...settings.variables,
        ...credentials,
        NETFAIR_BED_SOCKET: socket,
        _HANDLER: settings.handler,
        LAMBDA_TASK_ROOT: root,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: `2026/11/22/[$LATEST]${this.#started}`,
        TZ: ':UTC',
      },
    })
  }

  #remove(placed: Placed): void {
    if (!this.#all.delete(placed)) return
    clearTimeout(placed.idleTimer)
    const ending = placed.environment.end().catch(() => undefined)
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }
}
