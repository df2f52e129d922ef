/** A function as both generations of the API tell of it. */
export interface CloudFunction {
  /** `projects/…/locations/…/functions/…` */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'active' | 'failed' | 'changing'
  /** Absent until it is active. */
  readonly url?: string
}

/** A function as it shall be. */
export interface FunctionSpec {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly memoryMb: number
  readonly vcpus?: number
  /** Most instances at once; each takes one request at a time. */
  readonly instances: number
  readonly timeoutSeconds: number
  readonly environment: Readonly<Record<string, string>>
  readonly serviceAccount?: string
}

/** Where the source of a function goes: a signed URL, which is a secret. */
export interface Upload {
  readonly url: string
  /** That the signature demands. */
  readonly headers: Readonly<Record<string, string>>
  /** What `create` and `update` are given for it. */
  readonly source: unknown
}

/**
 * The API of one generation. Errors are those of the SDK, with the code of gRPC. Changes resolve when they are done.
 */
export interface FunctionsApi {
  /** Ids of all regions that the project may use. */
  regions(projectId: string): Promise<readonly string[]>
  /** @param parent - `projects/…/locations/…` */
  upload(parent: string): Promise<Upload>
  find(name: string): Promise<CloudFunction | undefined>
  create(spec: FunctionSpec, upload: Upload, signal?: AbortSignal): Promise<void>
  /** Without an upload only the labels. */
  update(spec: FunctionSpec, upload: Upload | undefined, signal?: AbortSignal): Promise<void>
  remove(name: string): Promise<void>
  /** Functions of this generation, and the places that could not be asked. A parent may be of all locations: `-`. */
  list(parent: string): Promise<{ readonly functions: readonly CloudFunction[]; readonly unreachable: readonly string[] }>
  /** Only the 1st generation: calls by the API, with the result or the error as text. */
  call?(name: string, data: string, signal: AbortSignal): Promise<{ readonly result: string } | { readonly error: string }>
}

/** What it runs on; both generations have it. */
export const RUNTIME = 'nodejs22'
/** Exported by src/agent/entries/gcp.ts and gcp-sdk.ts. */
export const ENTRY_POINT = 'agent'
