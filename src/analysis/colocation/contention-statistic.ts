import type { Interval } from '../../model/journal-record.ts'
import { ascending, quantile } from '../quantile.ts'
import { type Random, seededRandom } from '../seeded-random.ts'

/** Rate of one listener, cut into blocks of equal length: without load before, with, without after. */
export interface ListenedBlocks {
  readonly before: readonly number[]
  readonly during: readonly number[]
  readonly after: readonly number[]
}

export interface Loss {
  /** Share of its usual rate that the listener fell short of under load, more than it does without, 0–1; below 0 where it does less. */
  readonly effect: number
  /** That chance alone gives as much: of all ways to choose the blocks of the load. */
  readonly pValue: number
}

const FEWEST_BLOCKS = 8
const MOST_BLOCKS = 20
/** One interval of the series. */
const USUAL_BLOCK_MS = 100
/** Rates change over at the beginning of a window: its blocks until then are dropped. */
export const SETTLING_MS = 200
/** Quantile of a listener's blocks that is its usual rate: it has that in two of three windows. */
const USUAL_RATE = 2 / 3
/** More ways than this are drawn, not gone through. */
const MOST_WAYS = 20_000
/** Draws end with so many that give as much: p is far above any level then (Besag and Clifford 1991). */
const ENOUGH = 50

/** Blocks a window. */
const blocksIn = (windowMs: number): number => Math.min(MOST_BLOCKS, Math.max(FEWEST_BLOCKS, Math.floor(windowMs / USUAL_BLOCK_MS)))

/**
 * The blocks of one listener.
 * @param startMs - agreed start of the round, on the common clock
 * @returns undefined where its series does not cover the windows, or nothing came without load
 */
export function blocksOf(intervals: readonly Interval[], startMs: number, windowMs: number): ListenedBlocks | undefined {
  const blocks = blocksIn(windowMs)
  const blockMs = windowMs / blocks
  const last = intervals.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY
  if ((intervals[0]?.[0] ?? Number.POSITIVE_INFINITY) > startMs + SETTLING_MS || last < startMs + 3 * windowMs - blockMs) return undefined
  const block = (index: number): number => bytesBetween(intervals, startMs + index * blockMs, startMs + (index + 1) * blockMs)
  const settling = Math.ceil(SETTLING_MS / blockMs)
  const window = (number: number): number[] =>
    Array.from({ length: blocks - settling }, (_, index) => block(number * blocks + index + settling))
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
 * What each listener of a round lost, by a permutation test over blocks; undefined where it got nothing most of the time.
 *
 * What counts is how far each block falls short of the listener's usual rate: what was held up comes later, and would make up for it. Blocks
 * that follow each other are alike, so that there is less in them than their number says: the loss is made smaller by the root of
 * (1 − ρ)/(1 + ρ) before it is compared, ρ the correlation of neighbours before the load, over all listeners together.
 */
export function lossesOf(listened: readonly ListenedBlocks[], random: Random = seededRandom(1)): readonly (Loss | undefined)[] {
  const short = listened.map(shortfallsOf)
  const correlation = neighbourCorrelation(short.flatMap((blocks) => (blocks === undefined ? [] : [blocks.before])))
  const shrink = Math.sqrt((1 - correlation) / (1 + correlation))
  return short.map((blocks) => blocks && lossOf(blocks, shrink, random))
}

/** The usual rate is that of all blocks together: so which of them had the load is chance where it changes nothing. */
function shortfallsOf({ before, during, after }: ListenedBlocks): ListenedBlocks | undefined {
  const usual = quantile(ascending([...before, ...during, ...after]), USUAL_RATE) ?? 0
  if (usual === 0) return undefined
  const short = (bytes: number): number => Math.max(0, 1 - bytes / usual)
  return { before: before.map(short), during: during.map(short), after: after.map(short) }
}

function lossOf({ before, during, after }: ListenedBlocks, shrink: number, random: Random): Loss {
  const all = [...before, ...during, ...after]
  const total = sum(all)
  // Loss by the sum of the chosen blocks: they decide it alone.
  const lossIf = (chosen: number): number => chosen / during.length - (total - chosen) / (all.length - during.length)
  const effect = lossIf(sum(during))
  const least = effect * shrink - 1e-9
  let asMuch = 0
  let ways = 0
  const count = (chosen: number): void => {
    ways++
    if (lossIf(chosen) >= least) asMuch++
  }
  if (waysToChoose(all.length, during.length) <= MOST_WAYS) eachChoice(all, during.length, count)
  else {
    count(sum(during))
    while (ways < MOST_WAYS && asMuch < ENOUGH) count(drawn(all, during.length, random))
  }
  return { effect, pValue: asMuch / ways }
}

/** Lag-1 correlation within the first window: behind the load rates recover, which is no noise; corrected for the few blocks a window, and one standard error more. */
function neighbourCorrelation(windows: readonly (readonly number[])[]): number {
  let products = 0
  let squares = 0
  let length = 0
  let pairs = 0
  for (const window of windows) {
    const mean = sum(window) / window.length
    const centred = window.map((value) => value - mean)
    for (const [at, value] of centred.entries()) {
      squares += value * value
      if (at > 0) products += value * (centred[at - 1] ?? 0)
    }
    length = Math.max(length, window.length)
    pairs += window.length - 1
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

/** Sum of so many of them; leaves the pool in another order, from which the next draw is as good. */
function drawn(pool: number[], size: number, random: Random): number {
  let chosen = 0
  for (let left = pool.length; left > pool.length - size; left--) {
    const at = Math.floor(random() * left)
    const value = pool[at] ?? 0
    pool[at] = pool[left - 1] ?? 0
    pool[left - 1] = value
    chosen += value
  }
  return chosen
}

function waysToChoose(all: number, size: number): number {
  let ways = 1
  for (let each = 1; each <= size; each++) ways *= (all - size + each) / each
  return Math.round(ways)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
