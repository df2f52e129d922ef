import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { DeployedFunction } from './deployed-function.ts'
import type { Deployer } from './deployer.ts'
import type { Executions } from './execution.ts'
import type { FunctionMessage, StorageSource } from './function-message.ts'
import type { Api } from './function-service.ts'
import { type CloudFunction, fromGen1, toGen1 } from './gen1-message.ts'
import type { Operation } from './operations.ts'
import { type PageRequest, pageOf } from './paging.ts'
import { pack } from './protos.ts'
import { functionNameOf, placeOf } from './resource-name.ts'
import { NoInstanceError, type Revision } from './revision.ts'
import { invalidArgument, notFound, StatusError } from './status-error.ts'
import { applyMask } from './update-mask.ts'

const TERMINATED =
  'Error: function terminated. Recommended action: inspect logs for termination reason. Additional troubleshooting documentation can be found at https://cloud.google.com/functions/docs/troubleshooting#logging'

/** `google.cloud.functions.v1.CloudFunctionsService`: functions of the 1st generation only. */
export class Gen1Service {
  readonly #api: Api
  readonly #executions: Executions

  constructor(api: Api, executions: Executions) {
    this.#api = api
    this.#executions = executions
  }

  GetFunction({ name }: { readonly name: string }): CloudFunction {
    return view(this.#find(name))
  }

  ListFunctions(request: PageRequest & { readonly parent: string }): object {
    const { location } = placeOf(request.parent, this.#api.geography, { any: true })
    const here = this.#api.deployer.functions.filter(({ name }) => location === '-' || name.location === location)
    const page = pageOf(here.filter(isGen1).map(view), request)
    return { functions: page.items, nextPageToken: page.nextPageToken, unreachable: [] }
  }

  CreateFunction({ location, function: asked }: { readonly location: string; readonly function: CloudFunction | null }): Operation {
    placeOf(location, this.#api.geography)
    if (!asked?.name.startsWith(`${location}/`)) throw invalidArgument(`Function name must be in the location ${location}.`)
    if (!asked.httpsTrigger && !asked.eventTrigger) throw invalidArgument('Function must have a trigger: https_trigger or event_trigger.')
    const message = fromGen1(asked, this.#source(asked))
    return this.#api.deployer.create(this.#name(asked.name), message, this.#request('CreateFunctionRequest', { location, function: asked }))
  }

  UpdateFunction(request: {
    readonly function: CloudFunction
    readonly updateMask: { readonly paths: readonly string[] } | null
  }): Operation {
    const { function: asked, updateMask } = request
    const found = this.#find(asked.name)
    const change = (current: FunctionMessage): FunctionMessage => {
      const changed = applyMask(view(found), asked, updateMask?.paths ?? [])
      const source = changed.sourceUploadUrl || changed.sourceArchiveUrl ? this.#source(changed) : sourceOf(current)
      return { ...fromGen1(changed, source), url: current.url }
    }
    return this.#api.deployer.update(found.name, change, this.#request('UpdateFunctionRequest', request))
  }

  DeleteFunction({ name }: { readonly name: string }): Operation {
    return this.#api.deployer.delete(this.#find(name).name, this.#request('DeleteFunctionRequest', { name }))
  }

  GenerateUploadUrl({ parent }: { readonly parent: string }): object {
    const { location } = placeOf(parent, this.#api.geography)
    const { uploadUrl } = this.#api.uploads.sign(`gcf-upload-${location}-${this.#api.projectNumber}`, this.#api.origin, 'GEN_1')
    return { uploadUrl }
  }

  /** The cloud allows 16 of these in 100 seconds; the bed as many as wanted. */
  async CallFunction({ name, data }: { readonly name: string; readonly data: string }): Promise<object> {
    const { revision } = this.#find(name)
    if (revision === undefined) throw new StatusError('FAILED_PRECONDITION', `Function ${name} is not active.`)
    const { answer, end } = await this.#call(name, revision, data)
    const executionId = randomUUID().slice(0, 12)
    if (end === 'timed-out') return { executionId, error: 'Error: function execution attempt timed out.' }
    if (answer === undefined || answer.status >= 400) return { executionId, error: `${TERMINATED} Details:\n${answer?.body ?? ''}` }
    return { executionId, result: answer.body }
  }

  async #call(name: string, revision: Revision, data: string) {
    let body: Promise<string> | undefined
    let status = 0
    const execution = {
      name,
      revision,
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(data),
    }
    try {
      const end = await this.#executions.run({
        ...execution,
        onAnswer: (answer) => {
          status = answer.statusCode ?? 0
          body = text(answer)
          body.catch(() => {})
        },
      })
      return { end, answer: end === 'answered' && body !== undefined ? { status, body: await body } : undefined }
    } catch (error) {
      if (error instanceof NoInstanceError)
        throw new StatusError('RESOURCE_EXHAUSTED', 'The request was aborted because there was no available instance.')
      throw error
    }
  }

  #name(name: string) {
    return functionNameOf(name, this.#api.geography)
  }

  #find(name: string): DeployedFunction {
    const found = this.#api.deployer.find(this.#name(name))
    if (found === undefined || !isGen1(found)) throw notFound(name)
    return found
  }

  #source({ sourceUploadUrl = '', sourceArchiveUrl = '' }: CloudFunction): Pick<StorageSource, 'bucket' | 'object'> | undefined {
    if (sourceUploadUrl !== '') {
      const place = this.#api.uploads.placeOf(sourceUploadUrl)
      if (place === undefined) throw invalidArgument('The source upload URL is not one of generateUploadUrl, or its signature is wrong.')
      return place
    }
    const [, bucket, object] = /^gs:\/\/([^/]+)\/(.+)$/.exec(sourceArchiveUrl) ?? []
    return bucket === undefined || object === undefined ? undefined : { bucket, object }
  }

  #request(type: string, asked: object): Parameters<Deployer['create']>[2] {
    return {
      api: 'v1',
      request: pack(`google.cloud.functions.v1.${type}`, asked),
      respond: (found) =>
        found === undefined ? pack('google.protobuf.Empty', {}) : pack('google.cloud.functions.v1.CloudFunction', view(found)),
    }
  }
}

const isGen1 = ({ message }: DeployedFunction): boolean => message.environment === 'GEN_1'
const view = ({ message, revisions }: DeployedFunction): CloudFunction => toGen1(message, revisions)

function sourceOf({ buildConfig }: FunctionMessage): Pick<StorageSource, 'bucket' | 'object'> | undefined {
  return buildConfig?.source?.storageSource ?? undefined
}
