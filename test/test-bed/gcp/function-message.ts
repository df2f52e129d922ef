/** Messages of the API as proto-loader gives them: camelCase, enums by name, 64-bit integers as strings, what is unset by its default or null. */

export interface Timestamp {
  readonly seconds: string
  readonly nanos: number
}

export interface StorageSource {
  readonly bucket: string
  readonly object: string
  readonly generation: string
  readonly sourceUploadUrl?: string
}

export interface BuildConfig {
  readonly runtime: string
  readonly entryPoint: string
  readonly source: { readonly storageSource: StorageSource | null } | null
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly build?: string
  readonly sourceProvenance?: object | null
  readonly serviceAccount?: string
}

export interface ServiceConfig {
  readonly service?: string
  readonly timeoutSeconds: number
  readonly availableMemory: string
  readonly availableCpu: string
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly maxInstanceCount: number
  readonly minInstanceCount: number
  readonly vpcConnector: string
  readonly uri?: string
  readonly serviceAccountEmail: string
  readonly allTrafficOnLatestRevision: boolean
  readonly revision?: string
  readonly maxInstanceRequestConcurrency: number
  readonly ingressSettings?: string
  readonly securityLevel?: string
}

export type State = 'STATE_UNSPECIFIED' | 'ACTIVE' | 'FAILED' | 'DEPLOYING' | 'DELETING' | 'UNKNOWN'

export interface StateMessage {
  readonly severity: 'ERROR' | 'WARNING' | 'INFO'
  readonly type: string
  readonly message: string
}

export interface FunctionMessage {
  readonly name: string
  readonly description: string
  readonly buildConfig: BuildConfig | null
  readonly serviceConfig: ServiceConfig | null
  readonly eventTrigger?: object | null
  readonly state: State
  readonly updateTime: Timestamp | null
  readonly createTime: Timestamp | null
  readonly labels: Readonly<Record<string, string>>
  readonly stateMessages: readonly StateMessage[]
  readonly environment: 'ENVIRONMENT_UNSPECIFIED' | 'GEN_1' | 'GEN_2'
  readonly url: string
}

export function timestamp(ms: number = Date.now()): Timestamp {
  return { seconds: String(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) }
}
