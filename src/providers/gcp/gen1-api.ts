import type { protos } from '@google-cloud/functions'
import { type CloudFunction, ENTRY_POINT, type FunctionSpec, type FunctionsApi, RUNTIME, type Upload } from './functions-api.ts'
import { allPages, idsOf } from './listing.ts'
import { finished, POLLING } from './operation.ts'
import { unlessNotFound } from './platform-error.ts'
import { retryReads } from './retries.ts'
import type { ClientOptions, Sdk } from './sdk.ts'
import { untilAborted } from './until-aborted.ts'

type Gen1Function = protos.google.cloud.functions.v1.ICloudFunction

const SERVICE = 'google.cloud.functions.v1.CloudFunctionsService'
/** Of a ZIP, in bytes: what Google's signature of the upload URL allows. */
const UPLOAD_HEADERS = { 'content-type': 'application/zip', 'x-goog-content-length-range': '0,104857600' }
/** A call lasts as long as its task: whoever calls ends it. */
const CALL_MS = 600_000

/** Functions of the 1st generation. */
export function gen1Api({ v1 }: Sdk, options: ClientOptions): FunctionsApi {
  const client = new v1.CloudFunctionsServiceClient({ ...options, clientConfig: retryReads(SERVICE) })
  return {
    regions: (projectId) => idsOf(client.listLocationsAsync({ name: `projects/${projectId}` }, { autoPaginate: false })),

    async upload(parent) {
      const [{ uploadUrl }] = await client.generateUploadUrl({ parent })
      return { url: uploadUrl ?? '', headers: UPLOAD_HEADERS, source: uploadUrl }
    },

    async find(name) {
      const found = await unlessNotFound(client.getFunction({ name }))
      return found && describe(found[0])
    },

    async create(spec, upload, signal) {
      const [location] = spec.name.split('/functions/')
      const request = { location: location ?? '', function: wanted(spec, upload) }
      const [operation] = await client.createFunction(request, POLLING)
      await finished(operation, signal)
    },

    async update(spec, upload, signal) {
      const changed = wanted(spec, upload)
      const paths = Object.keys(changed)
        .filter((key) => key !== 'name')
        .map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
      const [operation] = await client.updateFunction({ function: changed, updateMask: { paths } }, POLLING)
      await finished(operation, signal)
    },

    async remove(name) {
      const [operation] = await client.deleteFunction({ name }, POLLING)
      await finished(operation)
    },

    async list(parent) {
      const listed = (pageToken: string) => client.listFunctions({ parent, pageToken }, { autoPaginate: false })
      const { items, unreachable } = await allPages(listed)
      return { functions: items.map(describe), unreachable }
    },

    async call(name, data, signal) {
      const calling = client.callFunction({ name, data }, { timeout: CALL_MS, retry: null })
      const cancel = (): void => (calling as Promise<unknown> & { cancel?(): void }).cancel?.()
      signal.addEventListener('abort', cancel, { once: true })
      try {
        const [{ result, error }] = await untilAborted(calling, signal)
        return error ? { error } : { result: result ?? '' }
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },
  }
}

function wanted({ name, labels, environment, ...spec }: FunctionSpec, upload: Upload | undefined): Gen1Function {
  if (upload === undefined) return { name, labels: { ...labels } }
  return {
    name,
    labels: { ...labels },
    runtime: RUNTIME,
    entryPoint: ENTRY_POINT,
    sourceUploadUrl: String(upload.source),
    httpsTrigger: { securityLevel: 'SECURE_ALWAYS' },
    availableMemoryMb: spec.memoryMb,
    timeout: { seconds: spec.timeoutSeconds },
    maxInstances: spec.instances,
    ingressSettings: 'ALLOW_ALL',
    environmentVariables: { ...environment },
    ...(spec.serviceAccount !== undefined && { serviceAccountEmail: spec.serviceAccount }),
  }
}

function describe({ name, labels, status, httpsTrigger }: Gen1Function): CloudFunction {
  const url = httpsTrigger?.url
  return {
    name: name ?? '',
    labels: labels ?? {},
    state: status === 'ACTIVE' ? 'active' : status === 'DEPLOY_IN_PROGRESS' || status === 'DELETE_IN_PROGRESS' ? 'changing' : 'failed',
    ...(url && { url }),
  }
}
