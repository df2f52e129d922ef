import { randomUUID } from 'node:crypto'
import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import type { DeploymentPackage } from './deployment-package.ts'
import type { FunctionSettings } from './function-settings.ts'

/** What an execution environment is made from; a new one leaves those of the earlier behind. */
export interface Revision {
  readonly code: DeploymentPackage
  readonly settings: FunctionSettings
}

/** A change that takes its time. */
interface Change {
  readonly kind: 'create' | 'update'
  readonly from: number
  readonly takesMs: () => number
  /** Why it will come to nothing. */
  readonly failure: string | undefined
  readonly revisionIds: readonly [during: string, after: string]
  over: boolean
}

/** One function with its latest version. A change that is under way ends by the clock. */
export class LambdaFunction {
  readonly name: string
  readonly arn: string
  readonly tags: Map<string, string>
  reserved: number | undefined
  #configured: Revision
  #served: Revision
  #change: Change
  #modifiedAt: number = Date.now()

  constructor(
    identity: { readonly name: string; readonly arn: string; readonly tags: Readonly<Record<string, string>> },
    revision: Revision,
    course: Course,
  ) {
    this.name = identity.name
    this.arn = identity.arn
    this.tags = new Map(Object.entries(identity.tags))
    this.#configured = revision
    this.#served = revision
    this.#change = changeOf('create', course)
  }

  /** What has been asked for last, whether it is served yet or not. */
  get configured(): Revision {
    return this.#configured
  }

  /** What an invocation gets now. */
  get served(): Revision {
    if (!this.#underWay && this.#change.failure === undefined) this.#served = this.#configured
    return this.#served
  }

  get state(): 'Pending' | 'Active' | 'Failed' {
    if (this.#change.kind === 'update') return 'Active'
    if (this.#underWay) return 'Pending'
    return this.#change.failure === undefined ? 'Active' : 'Failed'
  }

  get updating(): boolean {
    return this.#change.kind === 'update' && this.#underWay
  }

  get revisionId(): string {
    return this.#change.revisionIds[this.#underWay ? 0 : 1]
  }

  update(part: Partial<Revision>, course: Course): void {
    this.#served = this.served
    this.#configured = { ...this.#configured, ...part }
    this.#change = changeOf('update', course)
    this.#modifiedAt = Date.now()
  }

  /** As `GetFunctionConfiguration` gives it. */
  configuration(): FunctionConfiguration {
    return { ...this.summary(), ...this.#progress(), RuntimeVersionConfig: { RuntimeVersionArn: RUNTIME_VERSION } }
  }

  /** As `ListFunctions` gives it: nothing of how it stands. */
  summary(): FunctionConfiguration {
    const { code, settings } = this.#configured
    const { vpc, variables } = settings
    return {
      FunctionName: this.name,
      FunctionArn: this.arn,
      Runtime: settings.runtime as NonNullable<FunctionConfiguration['Runtime']>,
      Role: settings.role,
      Handler: settings.handler,
      CodeSize: code.bytes,
      Description: settings.description,
      Timeout: settings.timeoutSeconds,
      MemorySize: settings.memoryMb,
      LastModified: new Date(this.#modifiedAt).toISOString().replace('Z', '+0000'),
      CodeSha256: code.sha256,
      Version: '$LATEST',
      ...(vpc && {
        VpcConfig: {
          SubnetIds: [...vpc.subnetIds],
          SecurityGroupIds: [...vpc.securityGroupIds],
          VpcId: vpc.subnetIds.length === 0 ? '' : 'vpc-0bed',
          Ipv6AllowedForDualStack: false,
        },
      }),
      ...(Object.keys(variables).length > 0 && { Environment: { Variables: { ...variables } } }),
      TracingConfig: { Mode: 'PassThrough' },
      RevisionId: this.revisionId,
      PackageType: 'Zip',
      Architectures: [...settings.architectures],
      EphemeralStorage: { Size: settings.ephemeralMb },
      SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
      LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${this.name}` },
    }
  }

  #progress(): Partial<FunctionConfiguration> {
    const { failure } = this.#change
    const reason = { creating: 'The function is being created.', failed: failure ?? '' }
    if (this.state === 'Pending') return { State: 'Pending', StateReason: reason.creating, StateReasonCode: 'Creating' }
    if (this.state === 'Failed')
      return { State: 'Failed', StateReason: reason.failed, StateReasonCode: 'InternalError', LastUpdateStatus: 'Failed' }
    if (this.updating) {
      return {
        State: 'Active',
        LastUpdateStatus: 'InProgress',
        LastUpdateStatusReason: reason.creating,
      }
    }
    if (failure === undefined) return { State: 'Active', LastUpdateStatus: 'Successful' }
    return { State: 'Active', LastUpdateStatus: 'Failed', LastUpdateStatusReason: failure, LastUpdateStatusReasonCode: 'InternalError' }
  }

  get #underWay(): boolean {
    const { from, takesMs } = this.#change
    if (!this.#change.over && Date.now() >= from + takesMs()) this.#change.over = true
    return !this.#change.over
  }
}

/** How a change will go. */
export interface Course {
  /** Asked again and again: it may be over sooner. */
  readonly takesMs: () => number
  readonly failure?: string | undefined
}

const RUNTIME_VERSION = `arn:aws:lambda:eu-central-1::runtime:${'0'.repeat(64)}`

function changeOf(kind: Change['kind'], { takesMs, failure }: Course): Change {
  return { kind, from: Date.now(), takesMs, failure, revisionIds: [randomUUID(), randomUUID()], over: false }
}
