import type { DeployedFunction } from './deployed-function.ts'
import type { Deployer } from './deployer.ts'
import type { FunctionMessage } from './function-message.ts'
import { parseFilter } from './list-filter.ts'
import type { Operation } from './operations.ts'
import { type PageRequest, pageOf } from './paging.ts'
import { type Packed, pack } from './protos.ts'
import { type FunctionName, functionNameOf, type Geography, placeOf } from './resource-name.ts'
import { runtimes } from './runtimes.ts'
import { invalidArgument } from './status-error.ts'
import { applyMask } from './update-mask.ts'
import type { Uploads } from './uploads.ts'

/** What the services of the API share. */
export interface Api {
  readonly geography: Geography
  readonly projectNumber: string
  readonly deployer: Deployer
  readonly uploads: Uploads
  readonly origin: string
}

interface UpdateRequest {
  readonly function: FunctionMessage
  readonly updateMask: { readonly paths: readonly string[] } | null
}

const FUNCTION = 'google.cloud.functions.v2.Function'

/** `google.cloud.functions.v2.FunctionService`. It sees functions of both generations, and makes those of the second. */
export class FunctionService {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  GetFunction({ name }: { readonly name: string }): FunctionMessage {
    return this.#api.deployer.get(this.#name(name)).message
  }

  ListFunctions(request: PageRequest & { readonly parent: string; readonly filter: string }): object {
    const { location } = placeOf(request.parent, this.#api.geography, { any: true })
    const matches = parseFilter(request.filter)
    const here = this.#api.deployer.functions.filter(({ name }) => location === '-' || name.location === location)
    const page = pageOf(
      here.map(({ message }) => message),
      request,
    )
    // A page may hold fewer than were asked for: the filter comes after.
    return { functions: page.items.filter(matches), nextPageToken: page.nextPageToken, unreachable: [] }
  }

  CreateFunction({
    parent,
    function: asked,
    functionId,
  }: {
    readonly parent: string
    readonly function: FunctionMessage | null
    readonly functionId: string
  }): Operation {
    const place = placeOf(parent, this.#api.geography)
    if (asked === null) throw invalidArgument('Function is required.')
    if (asked.environment === 'GEN_1') throw invalidArgument('1st gen functions are made by the v1 API.')
    const id = functionId || asked.name.split('/').at(-1) || ''
    return this.#api.deployer.create({ ...place, id }, asked, this.#request(asked))
  }

  UpdateFunction({ function: asked, updateMask }: UpdateRequest): Operation {
    const change = (current: FunctionMessage): FunctionMessage => applyMask(current, asked, updateMask?.paths ?? [])
    return this.#api.deployer.update(this.#name(asked.name), change, this.#request(asked))
  }

  DeleteFunction({ name }: { readonly name: string }): Operation {
    return this.#api.deployer.delete(this.#name(name), this.#request({ name }))
  }

  GenerateUploadUrl({ parent }: { readonly parent: string }): object {
    const { location } = placeOf(parent, this.#api.geography)
    return this.#api.uploads.sign(`gcf-v2-uploads-${this.#api.projectNumber}-${location}`, this.#api.origin, 'GEN_2')
  }

  ListRuntimes({ parent, filter }: { readonly parent: string; readonly filter: string }): object {
    placeOf(parent, this.#api.geography)
    return { runtimes: runtimes.filter(parseFilter(filter)) }
  }

  #name(name: string): FunctionName {
    return functionNameOf(name, this.#api.geography)
  }

  #request(asked: object): Parameters<Deployer['create']>[2] {
    const respond = (found: DeployedFunction | undefined): Packed =>
      found === undefined ? pack('google.protobuf.Empty', {}) : pack(FUNCTION, found.message)
    return { api: 'v2', request: pack(FUNCTION, asked), respond }
  }
}
