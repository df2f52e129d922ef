import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DealingMode, type FixedWork, triesAtMost } from '../../src/model/fixed-work.ts'
import type { Chunk, Sample } from '../../src/model/journal-record.ts'
import type { InvocationResult } from '../../src/providers/provider.ts'
import { moveWork, type WorkInvocation } from '../../src/run/move-work.ts'
import { ChunkDealer } from '../../src/server/chunk-dealer.ts'

type Fate = 'done' | 'chunk fails' | 'dies'

/** Functions without a network: each try of a chunk takes a turn of the event loop, and ends as fate says. */
class Functions {
  readonly invocations: WorkInvocation[] = []
  readonly reports: [invocation: number, gone: string][] = []
  readonly busy = new Set<number>()
  mostBusy = 0
  readonly #dealer: ChunkDealer
  readonly #work: FixedWork
  readonly #fate: (chunk: number, invocation: number) => Fate

  constructor(work: FixedWork, fate: (chunk: number, invocation: number) => Fate) {
    this.#work = work
    this.#dealer = new ChunkDealer(work.chunks)
    this.#fate = fate
  }

  move(concurrency: number): Promise<readonly InvocationResult[]> {
    return moveWork({
      work: this.#work,
      concurrency,
      idOf: String,
      invoke: (invocation) => this.#invoke(invocation),
      report: async (invocation, gone) => {
        this.reports.push([invocation, gone])
        this.#dealer.next({ invocation, chunks: this.#work.chunks, gone }, 0)
      },
    })
  }

  async #invoke(asked: WorkInvocation) {
    const { invocation, slot, share } = asked
    this.invocations.push(asked)
    expect(this.busy.has(slot)).toBe(false)
    this.busy.add(slot)
    this.mostBusy = Math.max(this.mostBusy, this.busy.size)
    const chunks: Chunk[] = []
    const next = (told: object = {}) => this.#dealer.next({ invocation, chunks: share.chunks, ...told }, 0)
    let died = false
    for (let chunk = share.chunk ?? next().chunk; chunk !== null; ) {
      await new Promise(setImmediate)
      const fate = this.#fate(chunk, invocation)
      died = fate === 'dies'
      if (died) break
      const ok = fate === 'done'
      const reply = share.chunk === undefined ? next(ok ? { done: chunk } : { failed: chunk }) : { chunk: null, counted: true }
      chunks.push({ id: String(chunk), startMs: 0, endMs: 1, bytes: 1, ok: ok && reply.counted === true })
      chunk = reply.chunk
    }
    this.busy.delete(slot)
    return { replied: !died, result: { samples: [sampleOf(invocation, died, chunks)] } }
  }
}

function sampleOf(invocation: number, died: boolean, chunks: readonly Chunk[]): Sample {
  const common = { type: 'sample', round: 'r', invocation } as const
  if (died) return { ...common, outcome: 'failed', error: { code: 'AGENT_DIED', message: 'it died' } }
  return { ...common, outcome: 'completed', instance: 'i', startedAtMs: 0, endedAtMs: 1, chunks }
}

const countedIn = (results: readonly InvocationResult[]): number[] =>
  results
    .flatMap(({ samples }) => samples.flatMap(({ chunks = [] }) => chunks.filter(({ ok }) => ok).map(({ id }) => Number(id))))
    .toSorted((a, b) => a - b)
const all = (chunks: number) => Array.from({ length: chunks }, (_, chunk) => chunk)
const modes: readonly DealingMode[] = ['pull', 'one-per-invocation']

test.each(modes)('%s: without faults each chunk is moved once, n at a time', async (mode) => {
  const functions = new Functions({ mode, chunks: 10, chunkBytes: 1 }, () => 'done')
  const results = await functions.move(4)
  expect(countedIn(results)).toEqual(all(10))
  expect(functions.mostBusy).toBe(4)
  expect(functions.reports).toEqual([])
  expect(functions.invocations.map(({ invocation }) => invocation)).toEqual(all(mode === 'pull' ? 4 : 10))
  expect(functions.invocations.map(({ share }) => share.late)).toEqual(
    all(mode === 'pull' ? 4 : 10).map((index) => (index < 4 ? undefined : true)),
  )
})

test.each(modes)('%s: whatever fails, no chunk counts twice, and none is tried for ever', (mode) =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.infiniteStream(fc.constantFrom<Fate>('done', 'done', 'done', 'chunk fails', 'dies')),
      async (chunks, functionsAtMost, fates) => {
        const concurrency = Math.min(chunks, functionsAtMost)
        const tries = new Map<number, number>()
        const functions = new Functions({ mode, chunks, chunkBytes: 1 }, (chunk) => {
          tries.set(chunk, (tries.get(chunk) ?? 0) + 1)
          return fates.next().value as Fate
        })
        const counted = countedIn(await functions.move(concurrency))
        expect(new Set(counted).size).toBe(counted.length)
        expect(functions.mostBusy).toBeLessThanOrEqual(concurrency)
        const numbers = functions.invocations.map(({ invocation }) => invocation)
        expect(numbers.toSorted((a, b) => a - b)).toEqual(all(numbers.length))
        for (const count of tries.values()) expect(count).toBeLessThanOrEqual(2 * triesAtMost + functions.reports.length)
      },
    ),
  ),
)

test('pull: what a dead function had moved is moved by the others', async () => {
  const functions = new Functions({ mode: 'pull', chunks: 12, chunkBytes: 1 }, (chunk, invocation) =>
    invocation === 1 && chunk > 3 ? 'dies' : 'done',
  )
  const results = await functions.move(3)
  expect(countedIn(results)).toEqual(all(12))
  expect(functions.reports).toEqual([[1, 'lost']])
})

test.each(modes)('%s: where nothing can be moved it ends', async (mode) => {
  const functions = new Functions({ mode, chunks: 1000, chunkBytes: 1 }, () => 'dies')
  expect(countedIn(await functions.move(2))).toEqual([])
  expect(functions.invocations.length).toBeLessThanOrEqual(2 + 2 * 3)
})
