import type { Interval } from '../../model/journal-record.ts'
import { type Random, seededRandom } from '../seeded-random.ts'

/** Rate of one listener, cut into blocks of equal length: without load before, with, without after. */
export interface ListenedBlocks {
  readonly before: readonly number[]
  readonly during: readonly number[]
  readonly after: readonly number[]
}

export interface Loss {
  /** Share of its rate that the listener lost under load, 0–1; below 0 where it gained. */
  readonly effect: number
  /** That chance alone gives as much: of all ways to choose the blocks of the load. */
  readonly pValue: number
}

const FEWEST_BLOCKS = 6
const MOST_BLOCKS = 10
/** Blocks of two intervals of the series are nearly independent. */
const USUAL_BLOCK_MS = 200
/** More ways than this are drawn, not gone through. */
const MOST_WAYS = 20_000

/** Blocks a window; the first is dropped: rates change over within it. */
export const blocksIn = (windowMs: number): number => Math.min(MOST_BLOCKS, Math.max(FEWEST_BLOCKS, Math.floor(windowMs / USUAL_BLOCK_MS)))

/**
 * The blocks of one listener.
 * @param startMs - agreed start of the round, on the common clock
 * @returns undefined where its series does not cover the windows, or nothing came without load
 */
export function blocksOf(intervals: readonly Interval[], startMs: number, windowMs: number): ListenedBlocks | undefined {
  const blocks = blocksIn(windowMs)
  const blockMs = windowMs / blocks
  const last = intervals.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY
  if ((intervals[0]?.[0] ?? Number.POSITIVE_INFINITY) > startMs + blockMs || last < startMs + 3 * windowMs - blockMs) return undefined
  const block = (index: number): number => bytesBetween(intervals, startMs + index * blockMs, startMs + (index + 1) * blockMs)
  const window = (number: number): number[] => Array.from({ length: blocks - 1 }, (_, index) => block(number * blocks + index + 1))
  // The very last block may be cut short by the end of the transfer.
  const listened = { before: window(0), during: window(1), after: window(2).slice(0, -1) }
  return sum(listened.before) + sum(listened.after) > 0 ? listened : undefined
}

/** An interval counts by the share of it that lies within. */
function bytesBetween(intervals: readonly Interval[], fromMs: number, toMs: number): number {
  return intervals.reduce((bytes, [startMs, endMs, moved]) => {
    const within = Math.min(toMs, endMs) - Math.max(fromMs, startMs)
    return within <= 0 ? bytes : bytes + (moved * within) / (endMs - startMs)
  }, 0)
}

/**
 * What each listener of a round lost, by a permutation test over blocks.
 *
 * Blocks that follow each other are alike, so that there is less in them than their number says: the loss is made smaller by the root of
 * (1 − ρ)/(1 + ρ) before it is compared, ρ the correlation of neighbours before the load, over all listeners together.
 */
export function lossesOf(listened: readonly ListenedBlocks[], random: Random = seededRandom(1)): readonly Loss[] {
  const correlation = neighbourCorrelation(listened)
  const shrink = Math.sqrt((1 - correlation) / (1 + correlation))
  return listened.map((blocks) => lossOf(blocks, shrink, random))
}

function lossOf({ before, during, after }: ListenedBlocks, shrink: number, random: Random): Loss {
  const all = [...before, ...during, ...after]
  const without = (sum(before) + sum(after)) / (before.length + after.length)
  const loss = without - sum(during) / during.length
  const total = sum(all)
  // Loss by the sum of the chosen blocks: they decide it alone.
  const lossIf = (chosen: number): number => (total - chosen) / (all.length - during.length) - chosen / during.length
  const least = loss * shrink - 1e-9 * Math.abs(without)
  let asMuch = 0
  let ways = 0
  const count = (chosen: number): void => {
    ways++
    if (lossIf(chosen) >= least) asMuch++
  }
  if (waysToChoose(all.length, during.length) <= MOST_WAYS) eachChoice(all, during.length, count)
  else {
    count(sum(during))
    for (let draw = 1; draw < MOST_WAYS; draw++) count(drawn(all, during.length, random))
  }
  return { effect: without === 0 ? 0 : loss / without, pValue: asMuch / ways }
}

/** Lag-1 correlation within the first window: behind the load rates recover, which is no noise; corrected for the few blocks a window, and one standard error more. */
function neighbourCorrelation(listened: readonly ListenedBlocks[]): number {
  let products = 0
  let squares = 0
  let length = 0
  let pairs = 0
  for (const { before, after } of listened) {
    const scale = (sum(before) + sum(after)) / (before.length + after.length)
    for (const window of [before]) {
      const mean = sum(window) / window.length
      const centred = window.map((value) => (value - mean) / scale)
      for (const [at, value] of centred.entries()) {
        squares += value * value
        if (at > 0) products += value * (centred[at - 1] ?? 0)
      }
      length = Math.max(length, window.length)
      pairs += window.length - 1
    }
  }
  if (squares === 0 || length < 2) return 0
  const raw = products / squares
  return Math.min(0.95, Math.max(0, raw + (1 + 3 * raw) / length + 1 / Math.sqrt(pairs)))
}

function eachChoice(values: readonly number[], size: number, visit: (chosen: number) => void, from = 0, chosen = 0): void {
  if (size === 0) {
    visit(chosen)
    return
  }
  for (let at = from; at <= values.length - size; at++) eachChoice(values, size - 1, visit, at + 1, chosen + (values[at] ?? 0))
}

function drawn(values: readonly number[], size: number, random: Random): number {
  const pool = [...values]
  let chosen = 0
  for (let left = pool.length; left > pool.length - size; left--) {
    const at = Math.floor(random() * left)
    chosen += pool[at] ?? 0
    pool[at] = pool[left - 1] ?? 0
  }
  return chosen
}

function waysToChoose(all: number, size: number): number {
  let ways = 1
  for (let each = 1; each <= size; each++) ways *= (all - size + each) / each
  return Math.round(ways)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
