import type { FunctionMessage, ServiceConfig, State, StorageSource, Timestamp } from './function-message.ts'

/** `google.cloud.functions.v1.CloudFunction`, as far as the bed knows it. */
export interface CloudFunction {
  readonly name: string
  readonly description: string
  readonly sourceArchiveUrl?: string
  readonly sourceUploadUrl?: string
  readonly httpsTrigger?: { readonly url?: string; readonly securityLevel?: string } | null
  readonly eventTrigger?: object | null
  readonly status: string
  readonly entryPoint: string
  readonly runtime: string
  readonly timeout: { readonly seconds: string; readonly nanos: number } | null
  readonly availableMemoryMb: number
  readonly serviceAccountEmail: string
  readonly updateTime: Timestamp | null
  readonly versionId: string
  readonly labels: Readonly<Record<string, string>>
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly buildEnvironmentVariables: Readonly<Record<string, string>>
  readonly maxInstances: number
  readonly minInstances: number
  readonly vpcConnector: string
  readonly ingressSettings: string
}

const STATUS: Readonly<Record<State, string>> = {
  STATE_UNSPECIFIED: 'CLOUD_FUNCTION_STATUS_UNSPECIFIED',
  ACTIVE: 'ACTIVE',
  FAILED: 'OFFLINE',
  DEPLOYING: 'DEPLOY_IN_PROGRESS',
  DELETING: 'DELETE_IN_PROGRESS',
  UNKNOWN: 'UNKNOWN',
}

/** A function of the 1st generation in the words of its API. The signature of its source's URL is not told. */
export function toGen1({ buildConfig, serviceConfig, ...message }: FunctionMessage, versionId: number): CloudFunction {
  const config = serviceConfig as ServiceConfig
  return {
    ...{ name: message.name, description: message.description, labels: message.labels, updateTime: message.updateTime },
    ...{ runtime: buildConfig?.runtime ?? '', entryPoint: buildConfig?.entryPoint ?? '', versionId: String(versionId) },
    httpsTrigger: { url: message.url, securityLevel: config.securityLevel ?? 'SECURE_OPTIONAL' },
    status: STATUS[message.state],
    timeout: { seconds: String(config.timeoutSeconds), nanos: 0 },
    availableMemoryMb: Number.parseInt(config.availableMemory, 10),
    environmentVariables: config.environmentVariables,
    buildEnvironmentVariables: buildConfig?.environmentVariables ?? {},
    ...{ maxInstances: config.maxInstanceCount, minInstances: config.minInstanceCount, vpcConnector: config.vpcConnector },
    ...{ serviceAccountEmail: config.serviceAccountEmail, ingressSettings: config.ingressSettings ?? 'ALLOW_ALL' },
  }
}

/** What is asked for in the words of the 1st generation. */
export function fromGen1(asked: CloudFunction, storageSource: Pick<StorageSource, 'bucket' | 'object'> | undefined): FunctionMessage {
  return {
    ...{
      name: asked.name,
      description: asked.description,
      labels: asked.labels,
      environment: 'GEN_1',
      url: '',
      state: 'STATE_UNSPECIFIED',
    },
    ...{ createTime: null, updateTime: null, stateMessages: [] },
    buildConfig: {
      ...{ runtime: asked.runtime, entryPoint: asked.entryPoint, environmentVariables: asked.buildEnvironmentVariables },
      source: storageSource === undefined ? null : { storageSource: { ...storageSource, generation: '0' } },
    },
    serviceConfig: {
      timeoutSeconds: Number(asked.timeout?.seconds ?? 0),
      availableMemory: asked.availableMemoryMb === 0 ? '' : `${asked.availableMemoryMb}M`,
      availableCpu: '',
      environmentVariables: asked.environmentVariables,
      ...{ maxInstanceCount: asked.maxInstances, minInstanceCount: asked.minInstances, maxInstanceRequestConcurrency: 1 },
      ...{ vpcConnector: asked.vpcConnector, serviceAccountEmail: asked.serviceAccountEmail, allTrafficOnLatestRevision: true },
      ...{ ingressSettings: asked.ingressSettings, securityLevel: asked.httpsTrigger?.securityLevel ?? 'SECURE_OPTIONAL' },
    },
  }
}
