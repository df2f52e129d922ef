import { randomBytes } from 'node:crypto'
import { timestamp } from './function-message.ts'
import { type Packed, pack } from './protos.ts'
import { StatusError } from './status-error.ts'

/** `google.longrunning.Operation`. */
export interface Operation {
  readonly name: string
  readonly metadata: Packed
  readonly done: boolean
  readonly error?: object
  readonly response?: Packed
}

export type Verb = 'create' | 'update' | 'delete'
export type StageName = 'ARTIFACT_REGISTRY' | 'BUILD' | 'SERVICE'

/** What an operation is about. */
export interface Undertaking {
  readonly api: 'v1' | 'v2'
  readonly verb: Verb
  readonly place: { readonly project: string; readonly location: string }
  /** Resource name of the function. */
  readonly target: string
  readonly request: Packed
  readonly buildName?: string
  readonly versionId?: string
}

/** An operation as it goes on. */
export interface Progress {
  enter(stage: StageName): void
}

interface Running {
  readonly name: string
  readonly undertaking: Undertaking
  readonly createdMs: number
  endedMs?: number
  stages: readonly { readonly name: StageName; readonly state: 'NOT_STARTED' | 'IN_PROGRESS' | 'COMPLETE' }[]
  outcome?: { readonly error: object } | { readonly response: Packed }
}

const STAGES: readonly StageName[] = ['ARTIFACT_REGISTRY', 'BUILD', 'SERVICE']

/** The long-running operations of the API. What it cannot do (cancel, delete, wait) is UNIMPLEMENTED there too: it has `get` and `list` only. */
export class Operations {
  readonly #operations = new Map<string, Running>()
  readonly #unsettled = new Set<Promise<void>>()

  /** Starts the work and gives the operation as it stands. */
  start(undertaking: Undertaking, work: (progress: Progress) => Promise<Packed>): Operation {
    const running: Running = {
      name: operationName(undertaking),
      undertaking,
      createdMs: Date.now(),
      stages: undertaking.verb === 'delete' ? [] : STAGES.map((name) => ({ name, state: 'NOT_STARTED' })),
    }
    this.#operations.set(running.name, running)
    const settled = this.#run(running, work).finally(() => this.#unsettled.delete(settled))
    this.#unsettled.add(settled)
    return messageOf(running)
  }

  async #run(running: Running, work: (progress: Progress) => Promise<Packed>): Promise<void> {
    try {
      running.outcome = { response: await work({ enter: (stage) => enter(running, stage) }) }
      running.stages = running.stages.map(({ name }) => ({ name, state: 'COMPLETE' }))
    } catch (error) {
      const status = error instanceof StatusError ? error : new StatusError('INTERNAL', String(error))
      running.outcome = { error: status.toStatus() }
    }
    running.endedMs = Date.now()
  }

  /** @throws StatusError `NOT_FOUND` */
  get(name: string): Operation {
    const running = this.#operations.get(name)
    if (running === undefined) throw new StatusError('NOT_FOUND', `Operation '${name}' was not found`)
    return messageOf(running)
  }

  list(parent: string): readonly Operation[] {
    return [...this.#operations.values()].filter(({ name }) => name.startsWith(`${parent}/operations/`)).map(messageOf)
  }

  /** Resolves when none goes on any more. */
  async settled(): Promise<void> {
    while (this.#unsettled.size > 0) await Promise.all(this.#unsettled)
  }
}

function enter(running: Running, stage: StageName): void {
  const index = STAGES.indexOf(stage)
  running.stages = STAGES.map((name, position) => ({
    name,
    state: position < index ? 'COMPLETE' : position === index ? 'IN_PROGRESS' : 'NOT_STARTED',
  }))
}

function operationName({ api, place }: Undertaking): string {
  const random = (bytes: number): string => randomBytes(bytes).toString('hex')
  if (api === 'v1') return `operations/${randomBytes(48).toString('base64url')}`
  return `projects/${place.project}/locations/${place.location}/operations/operation-${Date.now()}-${random(7)}-${random(4)}-${random(4)}`
}

function messageOf({ name, undertaking, createdMs, endedMs, stages, outcome }: Running): Operation {
  const { api, verb, target, request, buildName, versionId } = undertaking
  const type = `${verb.toUpperCase()}_FUNCTION`
  const metadata =
    api === 'v1'
      ? pack('google.cloud.functions.v1.OperationMetadataV1', {
          ...{ target, type, request, updateTime: timestamp(endedMs ?? createdMs) },
          ...(versionId !== undefined && { versionId, buildName, buildId: buildName?.split('/').at(-1) }),
        })
      : pack('google.cloud.functions.v2.OperationMetadata', {
          ...{ createTime: timestamp(createdMs), target, verb, apiVersion: 'v2', requestResource: request, stages, operationType: type },
          ...(endedMs !== undefined && { endTime: timestamp(endedMs) }),
          ...(buildName !== undefined && { buildName }),
        })
  return { name, metadata, done: outcome !== undefined, ...outcome }
}
