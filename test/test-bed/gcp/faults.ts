import type { StageName } from './operations.ts'

/** How the API, or what is in front of it, refuses. */
export type Refusal =
  | 'not-found'
  | 'conflict'
  | 'throttled'
  | 'quota'
  | 'permission-denied'
  | 'service-disabled'
  | 'expired-token'
  | 'unavailable'
  | 'internal'

/**
 * Something that goes wrong. `at` is an operation of the request log: an RPC (`CreateFunction`), `token`, `upload` or `invoke`. `times` is
 * how often, default once.
 */
export type Fault = { readonly times?: number } & (
  | { readonly kind: 'refuse'; readonly at: string; readonly as: Refusal }
  /** A create or update ends with an error; what was made stays, in state FAILED. */
  | { readonly kind: 'deploy-failed'; readonly stage: StageName; readonly message?: string }
  /** A delete ends with an error; the function stays. */
  | { readonly kind: 'delete-failed' }
  /** An operation takes so much longer, in milliseconds. */
  | { readonly kind: 'slow-operation'; readonly ms: number }
  /** The next instance takes so much longer to start, in milliseconds. */
  | { readonly kind: 'cold-start'; readonly ms: number }
  /** The instance is killed so long after it got the request, in milliseconds. Default 0. */
  | { readonly kind: 'crash'; readonly afterMs?: number }
  /** The function's time is over so long after the request began, in milliseconds, whatever its configuration says. */
  | { readonly kind: 'timeout'; readonly afterMs: number }
)

export type FaultKind = Fault['kind']

/** A request that is not answered until it is released, as if the network were gone. */
export interface Hang {
  /** Resolves when the request has come and, with `when: 'after'`, has had its effect. */
  readonly arrived: Promise<void>
  release(): void
}

const ANY = '*'

interface Waiting {
  readonly at: string
  readonly when: 'before' | 'after'
  skip: number
  readonly arrive: () => void
  readonly released: Promise<void>
}

/** What a test has told the bed to do wrong. */
export class Faults {
  #faults: { readonly fault: Fault; left: number }[] = []
  #hangs: Waiting[] = []
  readonly #release: (() => void)[] = []

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 })
  }

  /** Nothing more goes wrong, and what hangs goes on. */
  clear(): void {
    this.#faults = []
    this.#hangs = []
    for (const release of this.#release.splice(0)) release()
  }

  /**
   * Leaves the nth request of an operation unanswered (counted from now), or of all (`*`): before it has an effect, or after it had one.
   * @param options.when - default `before`
   * @param options.nth - default 1
   */
  hang(at: string, { when = 'before', nth = 1 }: { readonly when?: 'before' | 'after'; readonly nth?: number } = {}): Hang {
    const arrived = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#hangs.push({ at, when, skip: nth - 1, arrive: arrived.resolve, released: released.promise })
    this.#release.push(released.resolve)
    return { arrived: arrived.promise, release: released.resolve }
  }

  /** Where it is this request's turn to hang: resolves when it is released. */
  async pass(at: string, when: 'before' | 'after'): Promise<void> {
    const matching = this.#hangs.filter((hang) => [at, ANY].includes(hang.at) && hang.when === when)
    const due = matching.find(({ skip }) => skip === 0)
    for (const hang of matching) hang.skip -= 1
    if (due === undefined) return
    this.#hangs = this.#hangs.filter((hang) => hang !== due)
    due.arrive()
    await due.released
  }

  /** The next fault of a kind, used up. */
  take<Kind extends FaultKind>(kind: Kind, matches: (fault: FaultOf<Kind>) => boolean = () => true): FaultOf<Kind> | undefined {
    const found = this.#faults.find(({ fault }) => fault.kind === kind && matches(fault as FaultOf<Kind>))
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left <= 0) this.#faults = this.#faults.filter((other) => other !== found)
    return found.fault as FaultOf<Kind>
  }

  /** How the next request of an operation is refused, if it is. */
  refusal(at: string): Refusal | undefined {
    return this.take('refuse', (fault) => fault.at === at)?.as
  }
}

type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>
