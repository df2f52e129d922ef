import { type FixedWork, triesAtMost, type WorkShare } from '../model/fixed-work.ts'
import type { InvocationResult } from '../providers/provider.ts'
import { longestWorkMs } from './fixed-work.ts'

/** One invocation of a round of fixed work. */
export interface WorkInvocation {
  /** Counts from 0 over the whole round. */
  readonly invocation: number
  /** One of the n functions that work side by side: 0 … n − 1. */
  readonly slot: number
  readonly share: WorkShare
}

export interface WorkSetting {
  readonly work: FixedWork
  readonly concurrency: number
  /** Name of a chunk in samples. */
  idOf(chunk: number): string
  /** @returns undefined where no reply came, beside a result that says so */
  invoke(invocation: WorkInvocation): Promise<{ readonly result: InvocationResult; readonly replied: boolean }>
  /** Tells the rendezvous that an invocation gets nothing more. Never rejects. */
  report(invocation: number, gone: 'ended' | 'lost'): Promise<void>
  readonly signal?: AbortSignal
}

/** A function that failed so often in a row is not asked again: something is wrong that no other try mends. */
const failuresInARow = 3

/**
 * Has all chunks of a round moved: pulled by n functions, or one an invocation. What is left then (a function died with it, or failed at it) is
 * moved by further invocations, one chunk each, until it is done or was tried `triesAtMost` times.
 */
export async function moveWork(setting: WorkSetting): Promise<readonly InvocationResult[]> {
  const { work, concurrency } = setting
  const results: InvocationResult[] = []
  if (work.mode === 'pull') results.push(...(await Promise.all(range(concurrency).map((slot) => pull(slot, setting)))))
  const tries = triesIn(results)
  const isLeft = (chunk: number): boolean => {
    const { done = false, failed = 0 } = tries.get(setting.idOf(chunk)) ?? {}
    return !done && failed < triesAtMost
  }
  const left = range(work.chunks)
    .filter(isLeft)
    .map((chunk) => ({ chunk, tries: tries.get(setting.idOf(chunk))?.failed ?? 0 }))
  const queue = new ChunkQueue(left, results.length)
  const slots = range(Math.min(concurrency, left.length))
  results.push(...(await Promise.all(slots.map((slot) => moveOneByOne(slot, queue, setting)))).flat())
  return results
}

async function pull(slot: number, { work, concurrency, invoke, report }: WorkSetting): Promise<InvocationResult> {
  const share = { ...work, leaseMs: longestWorkMs(work, concurrency) }
  const { result, replied } = await invoke({ invocation: slot, slot, share })
  if (!replied || result.samples.some(({ outcome }) => outcome !== 'completed')) await report(slot, replied ? 'ended' : 'lost')
  return result
}

/** One of n that move one chunk an invocation. The first n of a round begin together. */
async function moveOneByOne(slot: number, queue: ChunkQueue, setting: WorkSetting): Promise<readonly InvocationResult[]> {
  const { work, idOf, invoke, signal } = setting
  const results: InvocationResult[] = []
  for (let failures = 0; failures < failuresInARow && signal?.aborted !== true; ) {
    const next = queue.take()
    if (next === undefined) break
    const { chunk, invocation } = next
    const late = work.mode === 'pull' || results.length > 0
    const share = { ...work, chunk, leaseMs: longestWorkMs(work, 1), ...(late && { late }) }
    const { result } = await invoke({ invocation, slot, share })
    results.push(result)
    const done = triesIn([result]).get(idOf(chunk))?.done === true
    if (!done) queue.giveBack(next)
    failures = done ? 0 : failures + 1
  }
  return results
}

interface Left {
  readonly chunk: number
  readonly tries: number
}

/** Chunks that wait for an invocation, and its number. */
class ChunkQueue {
  readonly #left: Left[]
  #invocation: number

  constructor(left: readonly Left[], invocation: number) {
    this.#left = [...left]
    this.#invocation = invocation
  }

  take(): (Left & { readonly invocation: number }) | undefined {
    const first = this.#left.shift()
    return first === undefined ? undefined : { ...first, invocation: this.#invocation++ }
  }

  /** Last, so that another function gets it, where there is one. */
  giveBack({ chunk, tries }: Left): void {
    if (tries + 1 < triesAtMost) this.#left.push({ chunk, tries: tries + 1 })
  }
}

interface Tries {
  done: boolean
  failed: number
}

/** What became of each chunk, by its id. */
function triesIn(results: readonly InvocationResult[]): ReadonlyMap<string, Tries> {
  const tries = new Map<string, Tries>()
  for (const { id, ok } of results.flatMap(({ samples }) => samples.flatMap(({ chunks = [] }) => chunks))) {
    const known = tries.get(id) ?? { done: false, failed: 0 }
    tries.set(id, { done: known.done || ok, failed: known.failed + (ok ? 0 : 1) })
  }
  return tries
}

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index)
