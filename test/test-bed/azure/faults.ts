import { type Answer, armError, type Refusal, webError } from './answer.ts'

/** A request that the bed has served, or is serving. */
export interface ServedRequest {
  /** As the platform's own specification names it: `WebApps_CreateOrUpdate`, `AppServicePlans_Delete`, `Scm_Publish`, `Http_Invoke`, `Entra_Token`. */
  readonly operation: string
  /** Of the resource: a site, a plan, an account. */
  readonly name?: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** Instead of the usual answer, nothing is done. */
export type RefusalFault = keyof typeof REFUSALS
/** The rest happens as usual, but for this. `hang` does nothing and never answers; `dropped` does nothing and closes the connection. */
export type Disturbance =
  | 'slow'
  | 'hang'
  | 'dropped'
  | 'expired-token'
  | 'slow-operation'
  | 'operation-fails'
  | 'deploy-fails'
  | 'cold-start'
  | 'crash'
export type FaultKind = RefusalFault | Disturbance

export interface FaultOptions {
  /** How many requests it meets. Default 1. */
  readonly times?: number
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

/** Where a deploy stands still until it is let go or its process is dead. */
export interface Hold {
  /** The request that arrived; never resolves where the deploy has fewer. */
  readonly arrived: Promise<ServedRequest>
  release(): void
}

const REFUSALS = {
  'not-found': (name) =>
    armError(404, 'ResourceNotFound', `The Resource 'Microsoft.Web/sites/${name}' under resource group was not found.`),
  conflict: (name) =>
    webError(409, 'Conflict', `Cannot modify this site because another operation is in progress. Details: Name: ${name}`, '59203'),
  'name-taken': (name) => webError(409, 'Conflict', `Website with given name ${name} already exists.`, '54001'),
  forbidden: (name, { operation }) =>
    armError(403, 'AuthorizationFailed', `The client does not have authorization to perform action '${operation}' over scope '${name}'.`),
  throttled: (_name, { retryAfterSeconds }) =>
    armError(429, 'TooManyRequests', 'The request is being throttled as the limit has been reached for the operation type.', {
      'retry-after': String(retryAfterSeconds),
    }),
  quota: () => armError(409, 'QuotaExceeded', 'Operation could not be completed as it results in exceeding approved quota.'),
  'invalid-token': () => armError(401, 'InvalidAuthenticationToken', 'The access token is invalid.'),
  'server-error': () => armError(500, 'InternalServerError', 'The server encountered an internal error. Please retry the request.'),
  'bad-gateway': () => armError(502, 'BadGateway', 'Bad Gateway'),
  unavailable: () => armError(503, 'ServiceUnavailable', 'The service is unavailable.'),
  timeout: () =>
    armError(504, 'GatewayTimeout', 'The gateway did not receive a response from Microsoft.Web within the specified time period.'),
} satisfies Record<string, (name: string, facts: { operation: string; retryAfterSeconds: number }) => Refusal>

interface Planned {
  readonly operation: string | RegExp
  readonly kind: FaultKind
  readonly options: FaultOptions
  left: number
}

interface Waiting {
  left: number
  readonly when: 'before' | 'after'
  readonly counts: (request: ServedRequest) => boolean
  readonly arrived: PromiseWithResolvers<ServedRequest>
  readonly released: PromiseWithResolvers<void>
}

/** What goes wrong at the next requests, and where deploys stand still. */
export class Faults {
  readonly #planned: Planned[] = []
  #holds: Waiting[] = []

  /** The next requests of this operation (`*` for any of the control plane) meet a fault. Returns what takes it back. */
  next(operation: string | RegExp, kind: FaultKind, options: FaultOptions = {}): () => void {
    const planned: Planned = { operation, kind, options, left: options.times ?? 1 }
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
   * Holds the step-th request from now (1 is the first), of those to ARM and to SCM.
   * @param when - `before` anything was done (a client that dies meanwhile has asked for nothing), or `after` it was done, unanswered
   * @param counts - which requests are steps. Default: all to ARM and SCM
   */
  holdStep(step: number, when: 'before' | 'after' = 'after', counts: (request: ServedRequest) => boolean = isControl): Hold {
    const hold: Waiting = { left: step, when, counts, arrived: Promise.withResolvers(), released: Promise.withResolvers() }
    this.#holds.push(hold)
    return { arrived: hold.arrived.promise, release: () => hold.released.resolve() }
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
    const planned = this.#planned.find(meets)
    if (planned === undefined) return undefined
    planned.left -= 1
    const { kind, options } = planned
    const { delayMs = kind === 'crash' ? 50 : 1000, retryAfterSeconds = 1 } = options
    const refusal = isRefusal(kind) ? REFUSALS[kind](name, { operation, retryAfterSeconds }).answer : undefined
    return { kind, delayMs, ...(refusal && { answer: refusal }) }
  }

  #hold(request: ServedRequest): { readonly when: 'before' | 'after'; wait(): Promise<void> } | undefined {
    for (const hold of this.#holds) if (hold.counts(request)) hold.left -= 1
    const held = this.#holds.find(({ left, counts }) => left === 0 && counts(request))
    if (held === undefined) return undefined
    this.#holds = this.#holds.filter((hold) => hold !== held)
    const wait = (): Promise<void> => {
      held.arrived.resolve(request)
      return held.released.promise
    }
    return { when: held.when, wait }
  }
}

const isRefusal = (kind: FaultKind): kind is RefusalFault => kind in REFUSALS
const isControl = ({ operation }: ServedRequest): boolean => !operation.startsWith('Http_') && !operation.startsWith('Entra_')
