import { triesAtMost } from '../model/fixed-work.ts'
import type { NextReply, NextRequest } from '../model/target.ts'

interface Lease {
  readonly chunk: number
  readonly untilMs: number
}

/**
 * Deals out the chunks of one round of fixed work. Every chunk is moved and counted once, as long as someone asks:
 *
 * - A function holds one chunk at a time. It says what became of it when it asks for the next one; asking again gives the same.
 * - A chunk that failed, whose lease ended, or whose function has gone is dealt out again, before new ones, at most so often as `triesAtMost`
 *   says. Who has failed at it does not get it again.
 * - Of several functions that moved the same chunk, the first one counts.
 */
export class ChunkDealer {
  readonly chunks: number
  /** Chunks below were dealt out at least once. */
  #fresh = 0
  /** To be dealt out again. */
  readonly #again = new Set<number>()
  readonly #held = new Map<number, Lease>()
  /** Chunk to the function whose move counts. */
  readonly #done = new Map<number, number>()
  /** Chunk to the functions that failed at it, one entry a try. */
  readonly #failures = new Map<number, number[]>()
  readonly #gone = new Set<number>()

  constructor(chunks: number) {
    this.chunks = chunks
  }

  next({ invocation, done, failed, leaseMs = Number.POSITIVE_INFINITY, gone }: NextRequest, nowMs: number): NextReply {
    const counted = done === undefined ? {} : { counted: this.#confirm(done, invocation) }
    if (failed !== undefined) this.#fail(failed, invocation)
    if (gone !== undefined) this.#leave(invocation, gone)
    return { chunk: this.#deal(invocation, leaseMs, nowMs) ?? null, ...counted }
  }

  #confirm(chunk: number, invocation: number): boolean {
    if (this.#gone.has(invocation) || chunk >= this.#fresh) return false
    if (this.#held.get(invocation)?.chunk === chunk) this.#held.delete(invocation)
    if (!this.#done.has(chunk)) this.#done.set(chunk, invocation)
    this.#again.delete(chunk)
    // Said twice, it counts both times: the first answer may not have arrived.
    return this.#done.get(chunk) === invocation
  }

  /** Without a lease of it there is nothing to give back: it was said twice, or others have the chunk already. */
  #fail(chunk: number, invocation: number): void {
    if (this.#held.get(invocation)?.chunk === chunk) this.#giveBack(invocation, chunk)
  }

  #giveBack(invocation: number, chunk: number): void {
    this.#held.delete(invocation)
    const failures = [...(this.#failures.get(chunk) ?? []), invocation]
    this.#failures.set(chunk, failures)
    if (!this.#done.has(chunk) && failures.length < triesAtMost) this.#again.add(chunk)
  }

  #leave(invocation: number, gone: 'ended' | 'lost'): void {
    this.#gone.add(invocation)
    if (gone === 'lost') this.#forget(invocation)
    const lease = this.#held.get(invocation)
    if (lease !== undefined) this.#giveBack(invocation, lease.chunk)
  }

  /** What it has moved is in no sample. */
  #forget(invocation: number): void {
    for (const [chunk, by] of this.#done) {
      if (by !== invocation) continue
      this.#done.delete(chunk)
      if (!this.#isHeld(chunk)) this.#again.add(chunk)
    }
  }

  #deal(invocation: number, leaseMs: number, nowMs: number): number | undefined {
    if (this.#gone.has(invocation)) return undefined
    for (const [holder, { chunk, untilMs }] of this.#held) if (untilMs < nowMs && holder !== invocation) this.#giveBack(holder, chunk)
    const held = this.#held.get(invocation)?.chunk
    const chunk = held === undefined || this.#done.has(held) ? this.#choose(invocation) : held
    this.#held.delete(invocation)
    if (chunk !== undefined) this.#held.set(invocation, { chunk, untilMs: nowMs + leaseMs })
    return chunk
  }

  #choose(invocation: number): number | undefined {
    for (const chunk of this.#again) {
      if (this.#failures.get(chunk)?.includes(invocation)) continue
      this.#again.delete(chunk)
      return chunk
    }
    return this.#fresh < this.chunks ? this.#fresh++ : undefined
  }

  #isHeld(chunk: number): boolean {
    for (const lease of this.#held.values()) if (lease.chunk === chunk) return true
    return false
  }
}
