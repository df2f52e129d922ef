import { isChange, type Operation } from './routes.ts'
import { anyError, type ErrorKind } from './service-error.ts'

/** A request as it was served. */
export interface Served {
  readonly operation: Operation
  /** Function or ARN, where it names one. */
  readonly name?: string
  readonly region: string
  /** Epoch ms. */
  readonly at: number
}

export interface FaultOptions {
  /** How many requests it meets. Default 1. */
  readonly times?: number
  /** How many it lets pass first. Default 0. */
  readonly skip?: number
  /** It comes when the operation has been done, and only its answer is lost. Default false. */
  readonly after?: boolean
  /** Only requests that name such a function. */
  readonly name?: RegExp
}

interface Planned extends FaultOptions {
  readonly meets: (served: Served) => boolean
  readonly act: (served: Served) => Promise<void>
  seen: number
}

const FOREVER = new Promise<never>(() => undefined)

/** What a test asks to go wrong. Each fault ends by itself after `times`, all of them with `clear()`. */
export class Faults {
  #planned: Planned[] = []
  #doomed: { readonly how: 'crash' | 'timeout'; left: number }[] = []
  #failures: { readonly reason: string; left: number }[] = []
  /** How much longer a new execution environment takes to start, in ms. */
  coldStartMs = 0
  /** How long a created or updated function is not ready, in ms, also of those that are not ready now. Default: the bed's `settleMs`. */
  settleMs: number | undefined

  /** Requests fail; before they do anything, where `after` is not set. */
  fail(operation: Operation | 'any', kind: ErrorKind, options: FaultOptions = {}): void {
    this.#plan(operation, options, async () => {
      throw anyError[kind]()
    })
  }

  /** Answers are late. */
  delay(operation: Operation | 'any', ms: number, options: FaultOptions = {}): void {
    this.#plan(operation, options, () => new Promise((resolve) => setTimeout(resolve, ms)))
  }

  /** A request is never answered. Resolves when it is there. */
  hang(operation: Operation | 'any', options: FaultOptions = {}): Promise<Served> {
    return new Promise((resolve) => this.#plan(operation, options, (served) => hold(served, resolve)))
  }

  /**
   * The k-th request from now on (k ≥ 1) that changes something, whichever it is, is never answered: before it is done, or with `after`
   * when it is done. Resolves when it is there: the moment to kill who asked.
   */
  hangAtStep(k: number, { after = false }: { readonly after?: boolean } = {}): Promise<Served> {
    return new Promise((resolve) => {
      const meets = ({ operation }: Served): boolean => isChange(operation)
      this.#planned.push({ meets, act: (served) => hold(served, resolve), skip: k - 1, after, seen: 0 })
    })
  }

  /** Functions created or updated next do not become ready: `State` or `LastUpdateStatus` become `Failed`. */
  failDeploy(reason = 'The function could not be created because of an internal error.', times = 1): void {
    this.#failures.push({ reason, left: times })
  }

  /** The next invocations end with their process, killed as they begin. */
  crash(times = 1): void {
    this.#doomed.push({ how: 'crash', left: times })
  }

  /** The next invocations run into their timeout at once. */
  timeOut(times = 1): void {
    this.#doomed.push({ how: 'timeout', left: times })
  }

  clear(): void {
    this.#planned = []
    this.#doomed = []
    this.#failures = []
    this.coldStartMs = 0
    this.settleMs = undefined
  }

  /** For the bed: what is planned for this request. */
  async meet(served: Served, when: 'before' | 'after'): Promise<void> {
    for (const planned of [...this.#planned]) {
      const { skip = 0, times = 1, after = false, name } = planned
      if (after !== (when === 'after') || !planned.meets(served) || name?.test(served.name ?? '') === false) continue
      planned.seen += 1
      if (planned.seen > skip && planned.seen <= skip + times) await planned.act(served)
    }
  }

  /** For the bed: how the next invocation ends. */
  nextDoom(): 'crash' | 'timeout' | undefined {
    return take(this.#doomed)?.how
  }

  /** For the bed: why the next change comes to nothing. */
  nextFailure(): string | undefined {
    return take(this.#failures)?.reason
  }

  #plan(operation: Operation | 'any', options: FaultOptions, act: Planned['act']): void {
    this.#planned.push({ ...options, meets: (served) => operation === 'any' || served.operation === operation, act, seen: 0 })
  }
}

function hold(served: Served, arrived: (served: Served) => void): Promise<never> {
  arrived(served)
  return FOREVER
}

function take<Entry extends { left: number }>(entries: Entry[]): Entry | undefined {
  const entry = entries.find(({ left }) => left > 0)
  if (entry !== undefined) entry.left -= 1
  return entry
}
