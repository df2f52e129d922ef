import fc from 'fast-check'
import { expect, test } from 'vitest'
import { triesAtMost } from '../../src/model/fixed-work.ts'
import type { NextReply } from '../../src/model/target.ts'
import { ChunkDealer } from '../../src/server/chunk-dealer.ts'

const everyChunk = (chunks: number) => Array.from({ length: chunks }, (_, chunk) => chunk)

/** A function as the dealer sees it. */
interface Puller {
  readonly invocation: number
  holds: number | null
  untilMs: number
  gone: boolean
  readonly counted: number[]
}

/** Functions that pull; what they have been told counts, but for those that were lost. */
class Round {
  readonly dealer: ChunkDealer
  readonly pullers: readonly Puller[]
  nowMs = 0

  constructor(chunks: number, functions: number) {
    this.dealer = new ChunkDealer(chunks)
    this.pullers = Array.from({ length: functions }, (_, invocation) => ({ invocation, holds: null, untilMs: 0, gone: false, counted: [] }))
  }

  ask(puller: Puller, told: { done?: number; failed?: number } = {}): NextReply {
    const reply = this.dealer.next({ invocation: puller.invocation, chunks: this.dealer.chunks, leaseMs: 100, ...told }, this.nowMs)
    if (told.done !== undefined && reply.counted === true && !puller.counted.includes(told.done)) puller.counted.push(told.done)
    this.#expectFree(reply.chunk, puller)
    puller.holds = reply.chunk
    puller.untilMs = this.nowMs + 100
    return reply
  }

  /** Nobody is given what is done, or what another one may still move. */
  #expectFree(chunk: number | null, puller: Puller): void {
    if (chunk === null) return
    expect(this.counted).not.toContain(chunk)
    const others = this.pullers.filter((other) => other !== puller && !other.gone && other.holds === chunk)
    for (const { untilMs } of others) expect(untilMs).toBeLessThan(this.nowMs)
  }

  succeed(puller: Puller): void {
    if (puller.holds === null) this.ask(puller)
    else this.ask(puller, { done: puller.holds })
  }

  leave(puller: Puller, gone: 'ended' | 'lost'): void {
    puller.gone = true
    if (gone === 'lost') puller.counted.length = 0
    this.dealer.next({ invocation: puller.invocation, chunks: this.dealer.chunks, gone }, this.nowMs)
  }

  /** Those that are left work until there is nothing for them any more. */
  finish(): void {
    for (let idle = 0; idle < this.pullers.length; ) {
      idle = 0
      for (const puller of this.pullers) {
        if (!puller.gone) this.succeed(puller)
        if (puller.gone || puller.holds === null) idle++
      }
    }
  }

  get counted(): number[] {
    return this.pullers.flatMap(({ counted }) => counted).toSorted((a, b) => a - b)
  }
}

const step = fc.record({
  who: fc.nat(9),
  what: fc.constantFrom('succeed', 'succeed', 'fail', 'ask again', 'say twice', 'wait', 'end', 'lose'),
})

function play(round: Round, { who, what }: { who: number; what: string }): void {
  const puller = round.pullers[who % round.pullers.length] as Puller
  const { holds } = puller
  if (what === 'wait') round.nowMs += 60
  if (puller.gone) return
  if (what === 'succeed') round.succeed(puller)
  if (what === 'fail' && holds !== null) round.ask(puller, { failed: holds })
  if (what === 'ask again') {
    const { chunk } = round.ask(puller)
    if (holds !== null && round.nowMs === 0) expect(chunk).toBe(holds)
  }
  if (what === 'say twice' && holds !== null) {
    const first = round.dealer.next({ invocation: puller.invocation, chunks: round.dealer.chunks, done: holds, leaseMs: 100 }, round.nowMs)
    expect(round.ask(puller, { done: holds })).toEqual(first)
  }
  // One stays, who moves all that the others leave.
  if (puller.invocation === 0) return
  if (what === 'end') round.leave(puller, 'ended')
  if (what === 'lose') round.leave(puller, 'lost')
}

const rounds = fc.record({
  chunks: fc.integer({ min: 1, max: 30 }),
  functions: fc.integer({ min: 1, max: 9 }),
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
})

test('no chunk is ever counted twice, and who asks gets none that is done', () => {
  fc.assert(
    fc.property(rounds, ({ chunks, functions, steps }) => {
      const round = new Round(chunks, functions)
      for (const each of steps) {
        play(round, each)
        expect(new Set(round.counted).size).toBe(round.counted.length)
      }
      round.finish()
      expect(new Set(round.counted).size).toBe(round.counted.length)
    }),
    { numRuns: 200 },
  )
})

test('whatever functions die or are slow: one that goes on moves all that is left', () => {
  const withoutFailures = step.filter(({ what }) => what !== 'fail' && what !== 'end')
  fc.assert(
    fc.property(rounds, fc.array(withoutFailures, { maxLength: 120, size: 'max' }), ({ chunks, functions }, steps) => {
      const round = new Round(chunks, functions)
      for (const each of steps) if (each.what !== 'wait') play(round, each)
      round.finish()
      // A function that was lost with a chunk counts as a try.
      const givenUp = everyChunk(chunks).filter((chunk) => !round.counted.includes(chunk))
      const lost = round.pullers.filter(({ gone }) => gone).length
      expect(givenUp.length * triesAtMost).toBeLessThanOrEqual(lost)
    }),
  )
})

test('a chunk that fails goes to others, three times in all, and never to the same function', () => {
  const round = new Round(1, 5)
  const dealtTo: number[] = []
  for (const puller of round.pullers) {
    if (round.ask(puller).chunk === null) continue
    dealtTo.push(puller.invocation)
    expect(round.ask(puller, { failed: 0 }).chunk).toBeNull()
  }
  expect(dealtTo).toEqual([0, 1, 2])
})

test('a lease ends: the chunk goes to another, and the first that has moved it counts', () => {
  const round = new Round(1, 3)
  const [slow, other, third] = round.pullers as [Puller, Puller, Puller]
  expect(round.ask(slow).chunk).toBe(0)
  expect(round.ask(other).chunk).toBeNull()
  round.nowMs = 101
  expect(round.ask(other).chunk).toBe(0)
  expect(round.ask(slow, { done: 0 })).toEqual({ chunk: null, counted: true })
  expect(round.ask(other, { done: 0 })).toEqual({ chunk: null, counted: false })
  expect(round.ask(third).chunk).toBeNull()
})

test('what a lost function has moved is moved again; of one that replied only what it held', () => {
  const round = new Round(3, 4)
  const [lost, ended, third] = round.pullers as [Puller, Puller, Puller]
  round.ask(lost)
  round.ask(lost, { done: 0 })
  round.ask(ended)
  round.ask(ended, { done: 2 })
  round.leave(lost, 'lost')
  round.leave(ended, 'ended')
  // Too late.
  expect(round.dealer.next({ invocation: 0, chunks: 3, done: 1 }, 0)).toEqual({ chunk: null, counted: false })
  expect(round.ask(third).chunk).toBe(0)
  expect(round.ask(third, { done: 0 }).chunk).toBe(1)
  expect(round.ask(third, { done: 1 }).chunk).toBeNull()
})

test('a chunk that was never dealt out is not done', () => {
  expect(new ChunkDealer(5).next({ invocation: 0, chunks: 5, done: 4 }, 0)).toEqual({ chunk: 0, counted: false })
})

test('what a lost function has moved is left to who has it at the moment', () => {
  const round = new Round(1, 3)
  const [slow, other, third] = round.pullers as [Puller, Puller, Puller]
  round.ask(slow)
  round.nowMs = 101
  round.ask(other)
  expect(round.ask(slow, { done: 0 }).counted).toBe(true)
  round.leave(slow, 'lost')
  expect(round.ask(third).chunk).toBeNull()
  expect(round.ask(other, { done: 0 }).counted).toBe(true)
})
