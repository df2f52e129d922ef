import { randomBytes } from 'node:crypto'
import type { FunctionMessage, ServiceConfig } from './function-message.ts'
import { bytesOf, vcpusOf } from './quantity.ts'
import type { FunctionName } from './resource-name.ts'
import type { Revision, RevisionOrder } from './revision.ts'
import { defaultCpu } from './sizes.ts'

/** A function as the platform has it. */
export interface DeployedFunction {
  readonly name: FunctionName
  /** Its URL, which it says only once it has been served there. */
  readonly uri: string
  message: FunctionMessage
  /** An operation goes on. */
  busy: boolean
  /** Number of the latest revision. */
  revisions: number
  /** What serves requests; none before the first deployment has succeeded. */
  revision?: Revision
  /** Where its latest build lies. */
  directory?: string
}

const DEFAULTS = { timeoutSeconds: 60, availableMemory: '256M', maxInstanceCount: 100, maxInstanceRequestConcurrency: 1 }

export interface Defaults {
  readonly serviceAccount: string
  readonly service: string
}

/** Fills in what the platform sets where nothing is asked for. */
export function withDefaults(message: FunctionMessage, { serviceAccount, service }: Defaults): FunctionMessage {
  const asked: Partial<ServiceConfig> = message.serviceConfig ?? {}
  const availableMemory = asked.availableMemory || DEFAULTS.availableMemory
  const gen1 = message.environment === 'GEN_1'
  const serviceConfig: ServiceConfig = {
    environmentVariables: {},
    minInstanceCount: 0,
    vpcConnector: '',
    ...asked,
    availableMemory,
    availableCpu: asked.availableCpu || defaultCpu(availableMemory),
    timeoutSeconds: asked.timeoutSeconds || DEFAULTS.timeoutSeconds,
    maxInstanceCount: asked.maxInstanceCount || DEFAULTS.maxInstanceCount,
    maxInstanceRequestConcurrency: gen1 ? 1 : asked.maxInstanceRequestConcurrency || DEFAULTS.maxInstanceRequestConcurrency,
    serviceAccountEmail: asked.serviceAccountEmail || serviceAccount,
    allTrafficOnLatestRevision: true,
    ingressSettings: unlessUnspecified(asked.ingressSettings) ?? 'ALLOW_ALL',
    service,
  }
  const id = message.name.split('/').at(-1) ?? ''
  const buildConfig = message.buildConfig && { ...message.buildConfig, entryPoint: message.buildConfig.entryPoint || id }
  return { ...message, buildConfig, serviceConfig, environment: gen1 ? 'GEN_1' : 'GEN_2' }
}

/** What the next revision of a function is started with. */
export function revisionOrder({ name, message, revisions }: DeployedFunction, directory: string): RevisionOrder {
  const config = message.serviceConfig as ServiceConfig
  const bytes = bytesOf(config.availableMemory) ?? 0
  const revision = `${name.id}-${String(revisions).padStart(5, '0')}-${randomBytes(2).toString('hex').slice(0, 3)}`
  const platform = {
    PORT: '8080',
    NODE_ENV: 'production',
    FUNCTION_TARGET: message.buildConfig?.entryPoint ?? '',
    FUNCTION_SIGNATURE_TYPE: 'http',
    K_SERVICE: name.id,
    METADATA_SERVER_DETECTION: 'none',
    K_CONFIGURATION: name.id,
    K_REVISION: message.environment === 'GEN_1' ? String(revisions) : revision,
    LOG_EXECUTION_ID: 'true',
    CLOUD_RUN_TIMEOUT_SECONDS: String(config.timeoutSeconds),
  }
  return {
    name: revision,
    concurrency: config.maxInstanceRequestConcurrency,
    maxInstances: config.maxInstanceCount,
    memoryMb: Math.floor(bytes / (/i$/.test(config.availableMemory) ? 2 ** 20 : 1e6)),
    vcpus: vcpusOf(config.availableCpu) ?? 0,
    timeoutSeconds: config.timeoutSeconds,
    generation: message.environment === 'GEN_1' ? 'GEN_1' : 'GEN_2',
    directory,
    environment: { ...config.environmentVariables, ...platform },
  }
}

function unlessUnspecified(value: string | undefined): string | undefined {
  return value === undefined || value.endsWith('_UNSPECIFIED') ? undefined : value
}
