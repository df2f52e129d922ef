import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bill } from './bill.ts'
import type { Faults } from './faults.ts'
import type { Instance } from './instance.ts'
import type { Revision } from './revision.ts'

/** One request for a function. */
export interface Execution {
  /** Resource name of the function. */
  readonly name: string
  readonly revision: Revision
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  /** The caller has gone. */
  readonly signal?: AbortSignal
  /** Gets the answer as it comes; it may still break off. */
  onAnswer(answer: IncomingMessage): void
}

/** How it ended; the answer's end may still be on its way. */
export type End = 'answered' | 'timed-out' | 'died' | 'cancelled'

const STATUS_OF: Readonly<Record<Exclude<End, 'answered'>, number>> = { 'timed-out': 504, died: 503, cancelled: 499 }
/** How long a process may take to be gone that has closed its connection. */
const DYING_MS = 2000
/** The same of one that has answered with a crash: it lives on after an exception in the handler, and ends after any other. */
const CRASHED_MS = 300
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'trailer', 'proxy-authorization']

/** Runs requests in instances: at most so long as the function may take, and each with its bill. */
export class Executions {
  readonly #faults: Faults
  readonly #bills: Bill[]

  constructor({ faults, bills }: { readonly faults: Faults; readonly bills: Bill[] }) {
    this.#faults = faults
    this.#bills = bills
  }

  /** @throws NoInstanceError */
  async run(execution: Execution): Promise<End> {
    const { revision, name } = execution
    const instance = await revision.acquire()
    const begun = { startMs: Date.now(), at: performance.now(), cold: instance.served === 1 }
    const { end, status } = await this.#forward(instance, execution)
    this.#bills.push({
      ...{ name, revision: revision.order.name, instance: instance.id, generation: revision.order.generation },
      ...{ memoryMb: revision.order.memoryMb, vcpus: revision.order.vcpus, status },
      ...{ startMs: begun.startMs, durationMs: performance.now() - begun.at },
      ...(begun.cold && { coldStartMs: instance.startMs }),
    })
    revision.release(instance)
    return end
  }

  /** Resolves when the instance has no part in it any more. */
  async #forward(instance: Instance, execution: Execution): Promise<{ readonly end: End; readonly status: number }> {
    const { revision, method, path, body, signal } = execution
    const closed = Promise.withResolvers<void>()
    const seen: { end: End; status: number; crashed: boolean } = { end: 'died', status: 0, crashed: false }
    const upstream = instance.request({ path, method, headers: forwarded(execution.headers, body) }, (answer) => {
      seen.status = answer.statusCode ?? 0
      seen.crashed = answer.headers['x-google-status'] === 'crash'
      answer.on('end', () => {
        seen.end = 'answered'
      })
      execution.onAnswer(answer)
    })
    upstream.on('error', () => {}).on('close', closed.resolve)
    const stop = (why: End): void => {
      seen.end = why
      upstream.destroy()
    }
    const cancel = (): void => stop('cancelled')
    signal?.addEventListener('abort', cancel, { once: true })
    const crash = this.#faults.take('crash')
    const limitMs = this.#faults.take('timeout')?.afterMs ?? revision.order.timeoutSeconds * 1000
    const timers = [setTimeout(() => stop('timed-out'), limitMs)]
    if (crash !== undefined) timers.push(setTimeout(() => void instance.kill(), crash.afterMs ?? 0))
    if (signal?.aborted) cancel()
    upstream.end(body)
    await closed.promise
    for (const timer of timers) clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
    const { end, status, crashed } = seen
    // Its process may be about to end, and must not get the next request then.
    if (end === 'died' || crashed) await Promise.race([instance.ended, delay(end === 'died' ? DYING_MS : CRASHED_MS)])
    // Cloud Run leaves the instance alive, and what runs in it goes on; a 1st gen one is ended.
    if (end === 'timed-out' && revision.order.generation === 'GEN_1') await instance.kill()
    return { end, status: end === 'answered' ? status : STATUS_OF[end] }
  }
}

function forwarded(headers: IncomingHttpHeaders, body: Uint8Array): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)))
  const trace = randomBytes(16).toString('hex')
  return {
    ...kept,
    // Nobody can use the caller's token again.
    ...(headers.authorization !== undefined && { authorization: headers.authorization.replace(/[^.]*$/, 'SIGNATURE_REMOVED_BY_GOOGLE') }),
    'content-length': String(body.length),
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-cloud-trace-context': `${trace}/1`,
    traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-00`,
  }
}
