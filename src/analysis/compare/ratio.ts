import type { ReportInterval } from '../../model/report.ts'
import { twoSidedP, twoSidedQuantile } from './student-t.ts'

/** The rate of one round, with the block that it belongs to where the host is known. */
export interface RoundRate {
  readonly block: string | undefined
  /** In bits per second, > 0. */
  readonly rate: number
}

/** Two groups of rounds compared. */
export interface Ratio {
  readonly pairing: 'host-and-repetition' | 'none'
  readonly ratio: number
  readonly interval: ReportInterval
  /** As in the comparison. */
  readonly effect: number
  /** Two-sided, of equal geometric means. */
  readonly p: number
}

/** Fewer pairs, or fewer rounds a side, give no interval. */
export const leastRounds = 3

/**
 * Candidate ÷ baseline on the logarithmic scale, at least {@link leastRounds} rounds a side.
 *
 * Paired where both journals have the same blocks (host and repetition) for at least four fifths of the smaller side's rounds, by Student's t of
 * the differences; otherwise by Welch's t (unequal variances, Satterthwaite's degrees of freedom). Takes rates for lognormal. The same rounds on
 * both sides do not differ, however much they scatter.
 */
export function compareRates(baseline: readonly RoundRate[], candidate: readonly RoundRate[]): Ratio {
  if (same(baseline, candidate)) return { pairing: 'none', effect: 0, ...inference(0, 0, 1) }
  const pairs = blockPairs(baseline, candidate)
  const enough = Math.max(leastRounds, 0.8 * Math.min(baseline.length, candidate.length))
  if (pairs.length >= enough) {
    const differences = pairs.map(([a, b]) => b - a)
    const { mean, variance } = moments(differences)
    return { pairing: 'host-and-repetition', effect: dominance(pairs), ...inference(mean, variance / pairs.length, pairs.length - 1) }
  }
  const [a, b] = [baseline, candidate].map((rounds) => rounds.map(({ rate }) => Math.log(rate))) as [number[], number[]]
  const [from, to] = [moments(a), moments(b)]
  const [share, other] = [from.variance / a.length, to.variance / b.length]
  const welch = (share + other) ** 2 / (share ** 2 / (a.length - 1) + other ** 2 / (b.length - 1))
  const everyPair = a.flatMap((one) => b.map((two): Pair => [one, two]))
  const df = degreesOfFreedom(welch, a.length, b.length)
  return { pairing: 'none', effect: dominance(everyPair), ...inference(to.mean - from.mean, share + other, df) }
}

/** No two measurements agree to the last bit in every round. */
function same(a: readonly RoundRate[], b: readonly RoundRate[]): boolean {
  return a.length === b.length && a.every(({ rate }, index) => rate === b[index]?.rate)
}

/** Against many rounds, three give Welch's t too many degrees of freedom: simulated coverage 92.4 to 95 %; with 2 it is 95 to 99 %. */
function degreesOfFreedom(welch: number, n: number, m: number): number {
  return n !== m && Math.min(n, m) === 3 ? 2 : welch
}

/** Logarithms of baseline and candidate. */
type Pair = readonly [baseline: number, candidate: number]

/** One pair a block that both have; several rounds of one block count as their mean. */
function blockPairs(baseline: readonly RoundRate[], candidate: readonly RoundRate[]): readonly Pair[] {
  const [from, to] = [baseline, candidate].map(byBlock) as [Map<string, number>, Map<string, number>]
  return [...from].flatMap(([block, a]) => {
    const b = to.get(block)
    return b === undefined ? [] : [[a, b] as const]
  })
}

function byBlock(rounds: readonly RoundRate[]): Map<string, number> {
  const blocks = new Map<string, number[]>()
  for (const { block, rate } of rounds) if (block !== undefined) blocks.set(block, [...(blocks.get(block) ?? []), Math.log(rate)])
  return new Map([...blocks].map(([block, logs]) => [block, moments(logs).mean]))
}

function moments(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) }
}

/** (Pairs in which the candidate has more − pairs in which it has less) ÷ pairs. */
function dominance(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, [a, b]) => sum + Math.sign(b - a), 0) / pairs.length
}

function inference(difference: number, squaredError: number, df: number): Pick<Ratio, 'ratio' | 'interval' | 'p'> {
  // Rounds that do not differ at all: no error, and no degrees of freedom to compute.
  const error = Math.sqrt(squaredError)
  const half = error === 0 ? 0 : twoSidedQuantile(0.05, df) * error
  return {
    ratio: Math.exp(difference),
    interval: { low: Math.exp(difference - half), high: Math.exp(difference + half), confidence: 0.95, method: 't-log' },
    p: error === 0 ? (difference === 0 ? 1 : 0) : twoSidedP(difference / error, df),
  }
}
