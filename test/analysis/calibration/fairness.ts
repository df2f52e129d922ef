import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { type Random, seededRandom, shuffled } from '../../../src/analysis/seeded-random.ts'
import type { FairnessFinding } from '../../../src/model/report.ts'
import { lognormal } from '../noise.ts'
import type { Figure, Row } from './figure.ts'
import { simulatedJournal } from './simulated-journal.ts'

/** Shares of the n functions in one round. */
type Shares = (n: number, random: Random) => readonly number[]

function findings(n: number, rounds: number, shares: Shares, dataSets: number, random: Random): readonly FairnessFinding[] {
  return Array.from({ length: dataSets }, () => {
    const journal = simulatedJournal({ concurrency: [n], rounds, rates: () => shares(n, random) })
    return analyzeJournal(journal, { persistenceResamples: 199 }).fairness[0] as FairnessFinding
  })
}

const noisy =
  (centre: (index: number, n: number) => number, cv: number): Shares =>
  (n, random) =>
    Array.from({ length: n }, (_, index) => centre(index, n) * lognormal(random, cv))

interface Claim {
  readonly what: string
  readonly holds: (finding: FairnessFinding) => boolean
  readonly bound: Figure['bound']
  readonly gate: number
  readonly goal: number
}

const unfair = (bound: Figure['bound'], gate: number, goal: number): Claim => ({
  what: 'unfair',
  holds: ({ verdict }) => verdict === 'unfair',
  bound,
  gate,
  goal,
})
const persistent = (word: 'yes' | 'no', bound: Figure['bound'], gate: number, goal: number): Claim => ({
  what: `persistent: ${word}`,
  holds: (finding) => finding.persistent === word,
  bound,
  gate,
  goal,
})

function row(name: string, concurrency: readonly number[], rounds: number, shares: Shares, ...claims: readonly Claim[]): Row {
  return {
    name,
    figures: (dataSets, seed) => {
      const random = seededRandom(seed)
      const found = concurrency.flatMap((n) => findings(n, rounds, shares, dataSets, random))
      return claims.map(({ what, holds, bound, gate, goal }) => ({
        what,
        hits: found.filter(holds).length,
        of: found.length,
        bound,
        gate,
        goal,
      }))
    },
  }
}

const split = (index: number): number => (index % 2 === 0 ? 1.5 : 0.5)
const dealtAnew: Shares = (n, random) => shuffled(noisy(split, 0.1)(n, random), random)

export const fairnessRows: readonly Row[] = [
  ...[0.1, 0.2].map((cv) =>
    row(
      `equal shares, cv ${cv * 100} %, 5 rounds, n = 2 to 26`,
      [2, 4, 8, 26],
      5,
      noisy(() => 1, cv),
      unfair('at most', 0.01, 0),
      persistent('yes', 'at most', 0.05, 0.01),
    ),
  ),
  row(
    '3:1 split, always the same, 5 rounds, n = 4',
    [4],
    5,
    noisy(split, 0.1),
    unfair('at least', 0.97, 1),
    persistent('yes', 'at least', 0.97, 1),
  ),
  row(
    '3:1 split, always the same, 5 rounds, n = 8, 26',
    [8, 26],
    5,
    noisy(split, 0.1),
    unfair('at least', 0.97, 1),
    persistent('yes', 'at least', 0.97, 1),
  ),
  row('3:1 split, dealt anew, 5 rounds, n = 4', [4], 5, dealtAnew, unfair('at least', 0.97, 1), persistent('yes', 'at most', 0.05, 0.01)),
  row(
    '3:1 split, dealt anew, 5 rounds, n = 8, 26',
    [8, 26],
    5,
    dealtAnew,
    unfair('at least', 0.97, 1),
    persistent('yes', 'at most', 0.05, 0.01),
    persistent('no', 'at least', 0.8, 0.95),
  ),
  row(
    'one of 26 starved to 10 %, 6 rounds, cv 20 %',
    [26],
    6,
    noisy((index) => (index === 7 ? 0.1 : 1), 0.2),
    unfair('at least', 0.99, 1),
    persistent('yes', 'at least', 0.99, 1),
  ),
]
