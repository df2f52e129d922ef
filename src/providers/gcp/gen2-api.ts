import type { protos } from '@google-cloud/functions'
import { type CloudFunction, ENTRY_POINT, type FunctionSpec, type FunctionsApi, RUNTIME, type Upload } from './functions-api.ts'
import { allPages, idsOf } from './listing.ts'
import { finished, POLLING } from './operation.ts'
import { unlessNotFound } from './platform-error.ts'
import { retryReads } from './retries.ts'
import type { ClientOptions, Sdk } from './sdk.ts'

type Gen2Function = protos.google.cloud.functions.v2.IFunction

const SERVICE = 'google.cloud.functions.v2.FunctionService'

/** Functions of the 2nd generation. */
export function gen2Api({ v2 }: Sdk, options: ClientOptions): FunctionsApi {
  const client = new v2.FunctionServiceClient({ ...options, clientConfig: retryReads(SERVICE) })
  return {
    regions: (projectId) => idsOf(client.listLocationsAsync({ name: `projects/${projectId}` }, { autoPaginate: false })),

    async upload(parent) {
      const [{ uploadUrl, storageSource }] = await client.generateUploadUrl({ parent, environment: 'GEN_2' })
      return { url: uploadUrl ?? '', headers: { 'content-type': 'application/zip' }, source: storageSource }
    },

    async find(name) {
      const found = await unlessNotFound(client.getFunction({ name }))
      return found && describe(found[0])
    },

    async create(spec, upload, signal) {
      const [parent, functionId] = spec.name.split('/functions/') as [string, string]
      const request = { parent, functionId, function: wanted(spec, upload) }
      const [operation] = await client.createFunction(request, POLLING)
      await finished(operation, signal)
    },

    async update(spec, upload, signal) {
      const paths = ['labels', ...(upload === undefined ? [] : ['build_config', 'service_config'])]
      const [operation] = await client.updateFunction({ function: wanted(spec, upload), updateMask: { paths } }, POLLING)
      await finished(operation, signal)
    },

    async remove(name) {
      const [operation] = await client.deleteFunction({ name }, POLLING)
      await finished(operation)
    },

    async list(parent) {
      const listed = (pageToken: string) => client.listFunctions({ parent, pageToken }, { autoPaginate: false })
      const { items, unreachable } = await allPages(listed)
      return { functions: items.filter(({ environment }) => environment !== 'GEN_1' && environment !== 1).map(describe), unreachable }
    },
  }
}

function wanted({ name, labels, environment, ...spec }: FunctionSpec, upload: Upload | undefined): Gen2Function {
  if (upload === undefined) return { name, labels: { ...labels } }
  const storageSource = upload.source as protos.google.cloud.functions.v2.IStorageSource
  return {
    name,
    labels: { ...labels },
    environment: 'GEN_2',
    buildConfig: { runtime: RUNTIME, entryPoint: ENTRY_POINT, source: { storageSource } },
    serviceConfig: {
      availableMemory: `${spec.memoryMb}Mi`,
      ...(spec.vcpus !== undefined && { availableCpu: String(spec.vcpus) }),
      timeoutSeconds: spec.timeoutSeconds,
      maxInstanceCount: spec.instances,
      maxInstanceRequestConcurrency: 1,
      ingressSettings: 'ALLOW_ALL',
      environmentVariables: { ...environment },
      allTrafficOnLatestRevision: true,
      ...(spec.serviceAccount !== undefined && { serviceAccountEmail: spec.serviceAccount }),
    },
  }
}

function describe({ name, labels, state, serviceConfig }: Gen2Function): CloudFunction {
  const url = serviceConfig?.uri
  return {
    name: name ?? '',
    labels: labels ?? {},
    state: state === 'ACTIVE' ? 'active' : state === 'DEPLOYING' || state === 'DELETING' ? 'changing' : 'failed',
    ...(url && { url }),
  }
}
