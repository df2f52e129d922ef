import type { NextRequest, ReadyReply, ReadyRequest } from '../model/target.ts'
import { ChunkDealer } from './chunk-dealer.ts'
import { failure } from './http/reply.ts'
import type { TargetClock } from './target-clock.ts'
import type { Answer } from './worker-message.ts'

const DEFAULT_LEAD_MS = 200
/** A round that nobody asked about for so long is forgotten. */
const FORGET_AFTER_MS = 600_000
const MAX_ROUNDS = 10_000

interface Round {
  lastUsedMs: number
  readonly waiting: Map<number, { readonly leadMs: number; answer(answer: Answer): void }>
  expected?: number
  timer?: NodeJS.Timeout
  released: boolean
  dealer?: ChunkDealer
}

/** Rendezvous and work lists of all rounds. Lives in the primary, so that all invocations meet in one place. */
export class Rounds {
  readonly #rounds = new Map<string, Round>()
  readonly #clock: TargetClock

  constructor(clock: TargetClock) {
    this.#clock = clock
  }

  /**
   * One invocation is ready. All are answered together: when the last one is ready, or when the time is over that the first
   * one gave.
   * @param signal - aborted when the invocation goes away; then it is not counted
   */
  ready(id: string, { invocation, expected, timeoutMs, leadMs = DEFAULT_LEAD_MS }: ReadyRequest, signal?: AbortSignal): Promise<Answer> {
    const round = this.#use(id)
    if (round === undefined) return Promise.resolve(tooMany())
    if (round.released) return Promise.resolve(failure(409, 'ROUND_RELEASED', `Round ${id} has started without invocation ${invocation}.`))
    round.expected ??= expected
    if (round.expected !== expected) {
      return Promise.resolve(failure(409, 'ROUND_CONFLICT', `Round ${id} has ${round.expected} invocations, not ${expected}.`))
    }
    round.waiting.get(invocation)?.answer(failure(409, 'REPLACED', `Invocation ${invocation} of round ${id} became ready a second time.`))
    const answered = new Promise<Answer>((resolve) => {
      const entry = { leadMs, answer: resolve }
      round.waiting.set(invocation, entry)
      signal?.addEventListener('abort', () => {
        if (round.waiting.get(invocation) === entry) round.waiting.delete(invocation)
      })
    })
    round.timer ??= setTimeout(() => this.#release(round, expected), timeoutMs)
    if (round.waiting.size === expected) this.#release(round, expected)
    return answered
  }

  /** What became of a chunk of a fixed-work round, and the next one. */
  next(id: string, request: NextRequest): Answer {
    const round = this.#use(id)
    if (round === undefined) return tooMany()
    const { chunks } = request
    round.dealer ??= new ChunkDealer(chunks)
    if (round.dealer.chunks !== chunks)
      return failure(409, 'ROUND_CONFLICT', `Round ${id} has ${round.dealer.chunks} chunks, not ${chunks}.`)
    return { status: 200, body: round.dealer.next(request, this.#clock()) }
  }

  /** Answers all who wait, and forgets all. */
  close(): void {
    for (const round of this.#rounds.values()) {
      clearTimeout(round.timer)
      for (const { answer } of round.waiting.values()) answer(failure(503, 'TARGET_CLOSED', 'The target ends.'))
    }
    this.#rounds.clear()
  }

  #release(round: Round, expected: number): void {
    clearTimeout(round.timer)
    round.released = true
    const leadMs = Math.max(0, ...[...round.waiting.values()].map((waiting) => waiting.leadMs))
    const body: ReadyReply = { startAtMs: this.#clock() + leadMs, ready: round.waiting.size, expected }
    for (const { answer } of round.waiting.values()) answer({ status: 200, body })
    round.waiting.clear()
  }

  /** The round, as the one used last; nothing when it is one too many. */
  #use(id: string): Round | undefined {
    const now = this.#clock()
    const known = this.#rounds.get(id)
    if (known === undefined) this.#forget(now)
    if (known === undefined && this.#rounds.size >= MAX_ROUNDS) return undefined
    const round = known ?? { lastUsedMs: now, waiting: new Map(), released: false }
    round.lastUsedMs = now
    // Set anew, the map stays in the order of use.
    this.#rounds.delete(id)
    this.#rounds.set(id, round)
    return round
  }

  /** Makes room: the oldest rounds where nobody waits go. */
  #forget(now: number): void {
    for (const [id, { waiting, lastUsedMs, timer }] of this.#rounds) {
      if (waiting.size > 0) continue
      if (now - lastUsedMs < FORGET_AFTER_MS && this.#rounds.size < MAX_ROUNDS) break
      clearTimeout(timer)
      this.#rounds.delete(id)
    }
  }
}

const tooMany = (): Answer => failure(503, 'TOO_MANY_ROUNDS', `In ${MAX_ROUNDS} rounds invocations wait for each other; try again later.`)
