import type { Answer } from './answer.ts'
import { REFUSALS, type RefusalKind } from './refusals.ts'

/** A request that the bed has served, or is serving. */
export interface ServedRequest {
  /** As the platform's own specification names it: `WebApps_CreateOrUpdate`, `AppServicePlans_Delete`, `Scm_Publish`, `Http_Invoke`, `Entra_Token`. */
  readonly operation: string
  /** Of the resource: a site, a plan, an account. */
  readonly name?: string
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * The rest happens as usual, but for this. `hang` does nothing and never answers; `dropped` does nothing and closes the connection;
 * `answer-lost` does what was asked and closes it.
 */
export type Disturbance =
  | 'slow'
  | 'hang'
  | 'dropped'
  | 'answer-lost'
  | 'slow-operation'
  | 'operation-fails'
  | 'deploy-fails'
  | 'cold-start'
  | 'crash'
/** A refusal instead of the usual answer, and nothing is done; or a disturbance. */
export type FaultKind = RefusalKind | Disturbance

export interface FaultOptions {
  /** How many requests it meets. Default 1. */
  readonly times?: number
  /** How many it lets pass first. Default 0. */
  readonly skip?: number
  /** Only at this resource. */
  readonly name?: string
  /** Of `slow`, `slow-operation`, `cold-start` and `crash` (how long the execution lives), in milliseconds. Default 1000, of a crash 50. */
  readonly delayMs?: number
  /** Of `throttled`. Default 1. */
  readonly retryAfterSeconds?: number
}

export interface Fault {
  readonly kind: FaultKind
  readonly delayMs: number
  /** Of a refusal. */
  readonly answer?: Answer
}

interface Planned {
  readonly operation: string | RegExp
  readonly kind: FaultKind
  readonly options: FaultOptions
  skip: number
  left: number
}

interface Waiting {
  left: number
  readonly when: 'before' | 'after'
  readonly arrived: PromiseWithResolvers<ServedRequest>
  readonly released: PromiseWithResolvers<void>
}

/** What goes wrong at the next requests, and where deploys stand still. */
export class Faults {
  readonly #planned: Planned[] = []
  #holds: Waiting[] = []

  /** The next requests of this operation (`*` for any of the control plane) meet a fault. Returns what takes it back. */
  next(operation: string | RegExp, kind: FaultKind, options: FaultOptions = {}): () => void {
    const planned: Planned = { operation, kind, options, skip: options.skip ?? 0, left: options.times ?? 1 }
    this.#planned.push(planned)
    return () => {
      planned.left = 0
    }
  }

  /** No faults from now on; everything that was held goes on. */
  clear(): void {
    this.#planned.length = 0
    for (const hold of this.#holds) hold.released.resolve()
    this.#holds = []
  }

  /**
   * The k-th request from now on (k ≥ 1) that changes something, of those to ARM and SCM, is not answered until its client is gone or
   * `clear()` is called: before anything was done (then nothing ever is, if the client goes), or with `after` when it was done. Resolves
   * when it is there: the moment to kill who asked.
   */
  hangAtStep(k: number, { after = false }: { readonly after?: boolean } = {}): Promise<ServedRequest> {
    const hold: Waiting = { left: k, when: after ? 'after' : 'before', arrived: Promise.withResolvers(), released: Promise.withResolvers() }
    this.#holds.push(hold)
    return hold.arrived.promise
  }

  /** The bed asks this for every request. */
  arrive(request: ServedRequest): { readonly fault?: Fault; readonly hold?: { readonly when: 'before' | 'after'; wait(): Promise<void> } } {
    const fault = this.#fault(request)
    const hold = this.#hold(request)
    return { ...(fault && { fault }), ...(hold && { hold }) }
  }

  #fault(request: ServedRequest): Fault | undefined {
    const { operation, name = '' } = request
    const meets = (planned: Planned): boolean =>
      planned.left > 0 &&
      (planned.operation === '*'
        ? isControl(request)
        : typeof planned.operation === 'string'
          ? planned.operation === operation
          : planned.operation.test(operation)) &&
      (planned.options.name === undefined || planned.options.name === name)
    const planned = this.#planned.filter(meets).find((one) => one.skip-- <= 0)
    if (planned === undefined) return undefined
    planned.left -= 1
    const { kind, options } = planned
    const { delayMs = kind === 'crash' ? 50 : 1000, retryAfterSeconds = 1 } = options
    const refusal = isRefusal(kind) ? REFUSALS[kind](name, { operation, retryAfterSeconds }).answer : undefined
    return { kind, delayMs, ...(refusal && { answer: refusal }) }
  }

  #hold(request: ServedRequest): { readonly when: 'before' | 'after'; wait(): Promise<void> } | undefined {
    if (!isChange(request)) return undefined
    for (const hold of this.#holds) hold.left -= 1
    const held = this.#holds.find(({ left }) => left === 0)
    if (held === undefined) return undefined
    const wait = (): Promise<void> => {
      held.arrived.resolve(request)
      return held.released.promise
    }
    return { when: held.when, wait }
  }
}

const isRefusal = (kind: FaultKind): kind is RefusalKind => kind in REFUSALS
const isControl = ({ operation }: ServedRequest): boolean => !operation.startsWith('Http_') && !operation.startsWith('Entra_')
const isChange = ({ operation }: ServedRequest): boolean => /_(CreateOrUpdate|Update|Delete|Publish)/.test(operation)
