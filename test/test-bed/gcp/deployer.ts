import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Account, completed } from './account.ts'
import { build, buildFailed } from './build.ts'
import { type DeployedFunction, revisionOrder } from './deployed-function.ts'
import type { Faults } from './faults.ts'
import { type FunctionMessage, type StorageSource, timestamp } from './function-message.ts'
import type { Operation, Operations, Progress, StageName, Undertaking } from './operations.ts'
import type { Packed } from './protos.ts'
import { type FunctionName, pathOf } from './resource-name.ts'
import { Revision, type RevisionSurroundings } from './revision.ts'
import { notFound, StatusError } from './status-error.ts'
import type { Uploads } from './uploads.ts'

export interface DeployerOptions {
  /** Where builds go. */
  readonly directory: string
  /** Least time of a stage, and of a deletion, in milliseconds. */
  readonly stageMs: number
  readonly revisions: RevisionSurroundings
  /** The URL of a function. */
  uriOf(name: FunctionName, environment: FunctionMessage['environment']): string
}

/** How the answer of an operation is written, and what it is about. */
export type Request = Pick<Undertaking, 'api' | 'request'> & { respond(found: DeployedFunction | undefined): Packed }

/** Makes, changes and removes functions, as long-running operations; one at a time for each function. */
export class Deployer {
  readonly #options: DeployerOptions
  readonly #account: Account
  readonly #functions = new Map<string, DeployedFunction>()
  readonly #operations: Operations
  readonly #uploads: Uploads
  readonly #faults: Faults

  constructor(
    options: DeployerOptions,
    parts: { readonly account: Account; readonly operations: Operations; readonly uploads: Uploads; readonly faults: Faults },
  ) {
    this.#options = options
    this.#account = parts.account
    this.#operations = parts.operations
    this.#uploads = parts.uploads
    this.#faults = parts.faults
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
    const message = completed(name, { ...asked, name: path }, this.#account)
    if (this.find(name) !== undefined) throw new StatusError('ALREADY_EXISTS', `Resource '${path}' already exists`)
    if (this.functions.filter((other) => other.name.location === name.location).length >= this.#account.maxFunctions) {
      throw new StatusError('RESOURCE_EXHAUSTED', `Quota exceeded: ${this.#account.maxFunctions} functions in ${name.location}.`, {
        reason: 'QUOTA_EXCEEDED',
      })
    }
    const made: DeployedFunction = {
      name,
      uri: this.#options.uriOf(name, message.environment),
      message: { ...message, createTime: timestamp() },
      busy: false,
      revisions: 0,
    }
    this.#functions.set(path, made)
    return this.#deploy(made, 'create', request, { rebuild: true })
  }

  update(name: FunctionName, change: (current: FunctionMessage) => FunctionMessage, request: Request): Operation {
    const found = this.get(name)
    const message = completed(name, { ...change(found.message), name: pathOf(name), environment: found.message.environment }, this.#account)
    checkIdle(found, request.api)
    const rebuild = JSON.stringify(message.buildConfig) !== JSON.stringify(found.message.buildConfig) || found.directory === undefined
    found.message = { ...message, createTime: found.message.createTime, url: found.message.url }
    return this.#deploy(found, 'update', request, { rebuild })
  }

  delete(name: FunctionName, request: Request): Operation {
    const found = this.get(name)
    checkIdle(found, request.api)
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

  #deploy(found: DeployedFunction, verb: 'create' | 'update', request: Request, { rebuild }: { readonly rebuild: boolean }): Operation {
    found.busy = true
    found.revisions += 1
    found.message = { ...found.message, state: 'DEPLOYING', stateMessages: [], updateTime: timestamp() }
    const buildId = randomUUID()
    const buildName = `projects/${this.#account.projectNumber}/locations/${found.name.location}/builds/${buildId}`
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
      return request.respond(found)
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

function checkIdle({ busy, name }: DeployedFunction, api: 'v1' | 'v2'): void {
  if (!busy) return
  const gen1 = `An operation on function ${name.id} in region ${name.location} in project ${name.project} is already in progress. Please try again later.`
  throw new StatusError('ABORTED', api === 'v1' ? gen1 : 'unable to queue the operation')
}

function notReady(id: string): string {
  return `Could not create or update Cloud Run service ${id}, Container Healthcheck failed. Revision '${id}-00001' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout. Logs for this revision might contain more information.`
}
