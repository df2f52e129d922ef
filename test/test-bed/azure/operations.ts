import { randomUUID } from 'node:crypto'
import { type Answer, armError, type Refusal } from './answer.ts'

/** How a long-running operation is followed: both are used by the cloud. */
export type PollStyle = 'location' | 'azure-asyncoperation'

interface Operation {
  readonly done: Promise<void>
  settled: boolean
  readonly result: () => unknown
  readonly failure: Refusal | undefined
}

/** Long-running operations of the Resource Manager. */
export class Operations {
  readonly #operations = new Map<string, Operation>()
  readonly #base: () => string
  readonly #style: PollStyle

  /** @param base - where operations are asked for: `https://<host>/subscriptions/<id>/providers/Microsoft.Web/locations/<location>` */
  constructor(base: () => string, style: PollStyle) {
    this.#base = base
    this.#style = style
  }

  /** Answers 202 and says where to ask; the result is there after `durationMs`. What takes no time is answered at once. */
  start(durationMs: number, { result, failure, settle }: { result: () => unknown; failure?: Refusal; settle: () => void }): Answer {
    if (durationMs === 0 && failure === undefined) {
      settle()
      return { status: 200, body: result() }
    }
    const id = randomUUID()
    const done = new Promise<void>((resolve) => setTimeout(resolve, durationMs))
    const operation: Operation = { done, settled: false, result, failure }
    this.#operations.set(id, operation)
    void done.then(() => {
      operation.settled = true
      settle()
    })
    const kind = this.#style === 'location' ? 'operationresults' : 'operationstatuses'
    return { status: 202, headers: { [this.#style]: `${this.#base()}/${kind}/${id}?api-version=2025-05-01`, 'retry-after': '0' } }
  }

  /** Answers `GET …/operationresults/<id>` and `GET …/operationstatuses/<id>`. */
  ask(kind: string, id: string): Answer {
    const operation = this.#operations.get(id)
    if (operation === undefined) throw armError(404, 'OperationNotFound', `The operation '${id}' was not found.`)
    return kind === 'operationresults' ? this.#resultOf(operation, id) : this.#statusOf(operation, id)
  }

  #resultOf({ settled, failure, result }: Operation, id: string): Answer {
    const again = { location: `${this.#base()}/operationresults/${id}?api-version=2025-05-01`, 'retry-after': '0' }
    if (!settled) return { status: 202, headers: again }
    if (failure) throw failure
    return { status: 200, body: result() }
  }

  #statusOf({ settled, failure }: Operation, id: string): Answer {
    const status = !settled ? 'InProgress' : failure ? 'Failed' : 'Succeeded'
    const error = settled && failure ? { error: { code: 'InternalServerError', message: failure.message } } : {}
    return { status: 200, headers: { 'retry-after': '0' }, body: { id, name: id, status, ...error } }
  }
}
