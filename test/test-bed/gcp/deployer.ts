import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build, buildFailed } from './build.ts'
import { checkFunction } from './check-function.ts'
import { type DeployedFunction, revisionOrder, withDefaults } from './deployed-function.ts'
import type { Faults } from './faults.ts'
import { type FunctionMessage, type StorageSource, timestamp } from './function-message.ts'
import type { Operation, Operations, Progress, StageName, Undertaking } from './operations.ts'
import type { Packed } from './protos.ts'
import { type FunctionName, type Geography, pathOf } from './resource-name.ts'
import { Revision, type RevisionSurroundings } from './revision.ts'
import { invalidArgument, notFound, StatusError } from './status-error.ts'
import type { Uploads } from './uploads.ts'

export interface DeployerOptions {
  readonly geography: Geography
  readonly projectNumber: string
  /** Where builds go. */
  readonly directory: string
  /** Least time of a stage, and of a deletion, in milliseconds. */
  readonly stageMs: number
  readonly maxFunctions: number
  readonly maxInstances: number
  /** Accounts that functions may run as, besides the default one. */
  readonly serviceAccounts: readonly string[]
  readonly vpcConnectors: readonly string[]
  readonly revisions: RevisionSurroundings
  /** The URL of a function. */
  uriOf(name: FunctionName): string
}

/** How the answer of an operation is written, and what it is about. */
export type Request = Pick<Undertaking, 'api' | 'request'> & { respond(message: FunctionMessage | undefined): Packed }

/** Makes, changes and removes functions, as long-running operations; one at a time for each function. */
export class Deployer {
  readonly defaultServiceAccount: string
  readonly #options: DeployerOptions
  readonly #functions = new Map<string, DeployedFunction>()
  readonly #operations: Operations
  readonly #uploads: Uploads
  readonly #faults: Faults

  constructor(options: DeployerOptions, parts: { readonly operations: Operations; readonly uploads: Uploads; readonly faults: Faults }) {
    this.#options = options
    this.#operations = parts.operations
    this.#uploads = parts.uploads
    this.#faults = parts.faults
    this.defaultServiceAccount = `${options.projectNumber}-compute@developer.gserviceaccount.com`
  }

  get functions(): readonly DeployedFunction[] {
    return [...this.#functions.values()]
  }

  find(name: FunctionName): DeployedFunction | undefined {
    return this.#functions.get(pathOf(name))
  }

  /** @throws StatusError `NOT_FOUND` */
  get(name: FunctionName): DeployedFunction {
    const found = this.find(name)
    if (found === undefined) throw notFound(pathOf(name))
    return found
  }

  create(name: FunctionName, asked: FunctionMessage, request: Request): Operation {
    const path = pathOf(name)
    const message = this.#complete(name, { ...asked, name: path })
    if (this.find(name) !== undefined) throw new StatusError('ALREADY_EXISTS', `Resource '${path}' already exists`)
    if (this.functions.filter((other) => other.name.location === name.location).length >= this.#options.maxFunctions) {
      throw new StatusError('RESOURCE_EXHAUSTED', `Quota exceeded: ${this.#options.maxFunctions} functions in ${name.location}.`, {
        reason: 'QUOTA_EXCEEDED',
      })
    }
    const made: DeployedFunction = {
      name,
      uri: this.#options.uriOf(name),
      message: { ...message, createTime: timestamp() },
      busy: false,
      revisions: 0,
    }
    this.#functions.set(path, made)
    return this.#deploy(made, 'create', request, { rebuild: true })
  }

  update(name: FunctionName, change: (current: FunctionMessage) => FunctionMessage, request: Request): Operation {
    const found = this.get(name)
    const message = this.#complete(name, { ...change(found.message), name: pathOf(name), environment: found.message.environment })
    checkIdle(found)
    const rebuild = JSON.stringify(message.buildConfig) !== JSON.stringify(found.message.buildConfig) || found.directory === undefined
    found.message = { ...message, createTime: found.message.createTime, url: found.message.url }
    return this.#deploy(found, 'update', request, { rebuild })
  }

  delete(name: FunctionName, request: Request): Operation {
    const found = this.get(name)
    checkIdle(found)
    found.busy = true
    const before = found.message
    found.message = { ...before, state: 'DELETING' }
    return this.#operations.start({ ...request, verb: 'delete', place: name, target: pathOf(name) }, async () => {
      await this.#pause()
      if (this.#faults.take('delete-failed') !== undefined) {
        Object.assign(found, { busy: false, message: before })
        throw new StatusError('INTERNAL', `Could not delete Cloud Run service ${name.id}: an internal error has occurred.`)
      }
      await found.revision?.retire({ atOnce: true })
      if (found.directory !== undefined) await rm(found.directory, { recursive: true, force: true })
      this.#functions.delete(pathOf(name))
      return request.respond(undefined)
    })
  }

  async dispose(): Promise<void> {
    await this.#operations.settled()
    await Promise.all(this.functions.map(({ revision }) => revision?.retire({ atOnce: true })))
  }

  #complete(name: FunctionName, asked: FunctionMessage): FunctionMessage {
    const { projectId } = this.#options.geography
    const service = asked.environment === 'GEN_1' ? '' : `projects/${projectId}/locations/${name.location}/services/${name.id}`
    const message = withDefaults(asked, { serviceAccount: this.defaultServiceAccount, service })
    checkFunction(name.id, message)
    const { serviceAccountEmail: account = '', maxInstanceCount = 0, vpcConnector = '' } = message.serviceConfig ?? {}
    if (![this.defaultServiceAccount, ...this.#options.serviceAccounts].includes(account)) {
      throw new StatusError(
        'PERMISSION_DENIED',
        `Caller is missing permission 'iam.serviceaccounts.actAs' on service account projects/-/serviceAccounts/${account}. Grant the role 'roles/iam.serviceAccountUser' to the caller on the service account.`,
        { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: 'iam.serviceaccounts.actAs', resource: account } },
      )
    }
    if (vpcConnector !== '' && !this.#options.vpcConnectors.includes(vpcConnector)) {
      throw invalidArgument(`VPC connector ${vpcConnector} does not exist, or Cloud Functions does not have permission to use it.`)
    }
    if (maxInstanceCount > this.#options.maxInstances) {
      throw invalidArgument(
        `Could not create or update Cloud Run service ${name.id}, spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Max instances must be set to ${this.#options.maxInstances} or fewer in order to set the requested total CPU.`,
      )
    }
    return message
  }

  #deploy(found: DeployedFunction, verb: 'create' | 'update', request: Request, { rebuild }: { readonly rebuild: boolean }): Operation {
    found.busy = true
    found.revisions += 1
    found.message = { ...found.message, state: 'DEPLOYING', stateMessages: [], updateTime: timestamp() }
    const buildId = randomUUID()
    const buildName = `projects/${this.#options.projectNumber}/locations/${found.name.location}/builds/${buildId}`
    const undertaking: Undertaking = {
      ...{ api: request.api, request: request.request, verb, buildName, versionId: String(found.revisions) },
      ...{ place: found.name, target: pathOf(found.name) },
    }
    return this.#operations.start(undertaking, async (progress) => {
      try {
        await this.#stages(found, { progress, buildId: rebuild ? buildId : undefined })
        found.message = { ...found.message, state: 'ACTIVE', updateTime: timestamp() }
      } catch (error) {
        const said = { severity: 'ERROR', type: 'CloudRunServiceNotFound', message: (error as Error).message } as const
        // Nothing takes a failed function away but a deletion.
        found.message = { ...found.message, state: found.revision === undefined ? 'FAILED' : 'UNKNOWN', stateMessages: [said] }
        throw error
      } finally {
        found.busy = false
      }
      return request.respond(found.message)
    })
  }

  async #stages(
    found: DeployedFunction,
    { progress, buildId }: { readonly progress: Progress; readonly buildId: string | undefined },
  ): Promise<void> {
    await this.#stage('ARTIFACT_REGISTRY', found, progress)
    const last = found.directory
    if (buildId !== undefined) {
      await this.#stage('BUILD', found, progress)
      found.directory = await this.#build(found, buildId)
    }
    await this.#stage('SERVICE', found, progress)
    const outdated = found.revision
    await this.#serve(found)
    // Requests that run go on in the outdated revision.
    void outdated?.retire()
    if (last !== undefined && last !== found.directory) await rm(last, { recursive: true, force: true })
  }

  async #stage(stage: StageName, { name }: DeployedFunction, progress: Progress): Promise<void> {
    progress.enter(stage)
    await this.#pause()
    const fault = this.#faults.take('deploy-failed', (planned) => planned.stage === stage)
    if (fault === undefined) return
    if (stage === 'BUILD')
      throw buildFailed(fault.message ?? 'an internal error has occurred', { region: name.location, buildId: randomUUID() })
    throw new StatusError('INVALID_ARGUMENT', fault.message ?? notReady(name.id))
  }

  async #build({ name, message }: DeployedFunction, buildId: string): Promise<string> {
    const source = message.buildConfig?.source?.storageSource as StorageSource
    const upload = this.#uploads.read(source)
    if (upload === undefined) {
      throw new StatusError('INVALID_ARGUMENT', `Failed to retrieve function source code: gs://${source.bucket}/${source.object} not found`)
    }
    const directory = join(this.#options.directory, buildId)
    await build({ bytes: upload.bytes, directory, region: name.location, buildId })
    return directory
  }

  async #serve(found: DeployedFunction): Promise<void> {
    const order = revisionOrder(found, found.directory ?? '')
    const revision = new Revision(order, this.#options.revisions)
    try {
      await revision.probe()
    } catch (cause) {
      throw Object.assign(new StatusError('INVALID_ARGUMENT', notReady(found.name.id)), { cause })
    }
    found.revision = revision
    if (found.message.serviceConfig === null) return
    found.message = {
      ...found.message,
      url: found.uri,
      serviceConfig: { ...found.message.serviceConfig, uri: found.uri, revision: order.name },
    }
  }

  async #pause(): Promise<void> {
    await delay(this.#options.stageMs + (this.#faults.take('slow-operation')?.ms ?? 0))
  }
}

function checkIdle({ busy }: DeployedFunction): void {
  if (busy) throw new StatusError('ABORTED', 'unable to queue the operation')
}

function notReady(id: string): string {
  return `Could not create or update Cloud Run service ${id}, Container Healthcheck failed. Revision '${id}-00001' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout. Logs for this revision might contain more information.`
}
