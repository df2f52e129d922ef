import { type Answer, Refusal } from './answer.ts'
import { type Fault, Faults, type ServedRequest } from './faults.ts'
import type { Call } from './https-server.ts'

/** Where every request passes: it is logged, meets its fault, and stands still where it is held. */
export class Desk {
  readonly requests: ServedRequest[] = []
  readonly faults: Faults = new Faults()

  async handle(
    call: Call,
    { operation, name }: { readonly operation: string; readonly name?: string | undefined },
    run: (fault?: Fault) => Answer | Promise<Answer>,
  ): Promise<Answer | 'drop'> {
    const request: ServedRequest = { operation, ...(name !== undefined && { name }), at: Date.now() }
    this.requests.push(request)
    const { fault, hold } = this.faults.arrive(request)
    if (hold?.when === 'before') await Promise.race([hold.wait(), ended(call.gone)])
    if (call.gone.aborted) return 'drop'
    if (fault?.answer) return fault.answer
    if (fault?.kind === 'dropped') return 'drop'
    if (fault?.kind === 'hang') return ended(call.gone).then(() => 'drop')
    if (fault?.kind === 'slow') await Promise.race([pause(fault.delayMs), ended(call.gone)])
    const answer = await answerOf(() => run(fault))
    if (hold?.when === 'after') await Promise.race([hold.wait(), ended(call.gone)])
    return fault?.kind === 'answer-lost' ? 'drop' : answer
  }
}

async function answerOf(run: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
