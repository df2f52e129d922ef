import type { Chunk } from './journal-record.ts'

/**
 * How the chunks of a fixed work are dealt out: `pull` = n invocations, each takes the next chunk from the rendezvous until none is left;
 * `one-per-invocation` = each chunk is an invocation of its own, n of them at once.
 */
export type DealingMode = 'pull' | 'one-per-invocation'

/** What all functions of a round move together. */
export interface FixedWork {
  readonly mode: DealingMode
  readonly chunks: number
  readonly chunkBytes: number
}

/** What one invocation moves of it. */
export interface WorkShare extends FixedWork {
  /** This chunk and no other (0 … chunks − 1). Absent: whatever the rendezvous deals out. */
  readonly chunk?: number
  /** The round is under way: starts at once, without meeting the others. */
  readonly late?: boolean
  /** From when on a chunk that nobody reports about is dealt out again, in milliseconds. */
  readonly leaseMs: number
}

/** A chunk is moved so often at most, by whomever; then it stays undone. */
export const triesAtMost = 3

/** The chunks that a function moves in a round of fixed work, as its probe sees them. */
export interface WorkQueue {
  readonly chunkBytes: number
  /**
   * Moves chunk after chunk (0 … chunks − 1) until none is left for this function. A chunk that was not moved whole is told by `ok: false`, with
   * its `error`; another function tries it then. What `move` throws ends all of it.
   *
   * @returns all of them in order, `id` is the chunk's number. Where another function has moved the same chunk before, it does not count and is not `ok`.
   */
  moveEach(move: (chunk: number) => Promise<Chunk>): Promise<readonly Chunk[]>
}
