import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

/** Verdicts of 40 experiments, with one number a round. */
function verdicts(rounds: number, rate: (n: number, random: () => number) => number): ReadonlyMap<string, number> {
  const random = seededRandom(990021)
  const counts = new Map<string, number>()
  for (let trial = 0; trial < 40; trial++) {
    const rates = new Map<string, number>()
    const journal = ladderJournal({
      rounds,
      rate: ({ n, repetition }) => {
        const key = `${n} ${repetition}`
        const known = rates.get(key) ?? rate(n, random)
        rates.set(key, known)
        return known
      },
    })
    const verdict = analyzeJournal(journal, { resamples: 150, fairnessResamples: 1 }).sharing[0]?.verdict ?? ''
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  }
  return counts
}

const sum = (counts: ReadonlyMap<string, number>, ...names: string[]): number =>
  names.reduce((total, name) => total + (counts.get(name) ?? 0), 0)

test('one level that scatters far more than the others decides next to nothing', () => {
  const last = verdicts(5, (n, random) => 50e6 * lognormal(random, n === 26 ? 0.5 : 0.01))
  expect(sum(last, 'isolated', 'inconclusive')).toBeGreaterThanOrEqual(39)
  const first = verdicts(5, (n, random) => (500e6 / n) * lognormal(random, n === 1 ? 0.5 : 0.01))
  expect(sum(first, 'shared', 'inconclusive')).toBeGreaterThanOrEqual(39)
})

test('a large loss hidden by noise is not called isolated', () => {
  // At n = 26 a function gets 38 % of what it gets alone.
  const counts = verdicts(3, (n, random) => 50e6 * n ** -0.3 * lognormal(random, 0.4))
  expect(sum(counts, 'isolated')).toBeLessThanOrEqual(4)
})

test('uneven scatter that is small everywhere does no harm', () => {
  const counts = verdicts(6, (n, random) => Math.min(47.8e6, 191.3e6 / n) * lognormal(random, n < 4 ? 0.02 : 0.0005))
  expect(counts).toEqual(new Map([['capped', 40]]))
})
