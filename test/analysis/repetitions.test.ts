import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { medianInterval } from '../../src/analysis/median-interval.ts'
import { ascending, median } from '../../src/analysis/quantile.ts'
import { planRepetitions } from '../../src/analysis/repetitions.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { type Ladder, ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

/** Rounds that scatter as a whole, by this much at each n. */
function pilot(rounds: number, cv: (n: number) => number, seed: number, more: Partial<Ladder> = {}) {
  const random = seededRandom(seed)
  const factors = new Map<string, number>()
  const factorOf = (n: number, repetition: number): number => {
    const key = `${n} ${repetition}`
    const factor = factors.get(key) ?? lognormal(random, cv(n))
    factors.set(key, factor)
    return factor
  }
  return ladderJournal({ concurrency: [1, 2], rounds, rate: ({ n, repetition }) => 50e6 * factorOf(n, repetition), ...more })
}

describe.each([
  ['journal', 6],
  ['journal', 20],
  ['report', 4],
  ['report', 10],
] as const)('planned from a %s of %i rounds', (source, rounds) => {
  test('so many rounds reach the target as often as was asked for', () => {
    const random = seededRandom(rounds)
    const [cv, relativeHalfWidth, confidence] = [0.1, 0.1, 0.8]
    const trials = 60
    let reached = 0
    for (let trial = 0; trial < trials; trial++) {
      const journal = pilot(rounds, () => cv, 1000 * rounds + trial, { concurrency: [1] })
      const { repetitions } = planRepetitions(source === 'journal' ? journal : analyzeJournal(journal), { relativeHalfWidth, confidence })
      const rates = Array.from({ length: repetitions ?? 6 }, () => lognormal(random, cv))
      const interval = medianInterval(rates)
      if (interval !== null && (interval.high - interval.low) / 2 <= relativeHalfWidth * (median(ascending(rates)) as number)) reached++
    }
    // Three standard errors below what was asked for.
    expect(reached / trials).toBeGreaterThanOrEqual(confidence - 3 * Math.sqrt((confidence * (1 - confidence)) / trials))
  })
})

test('a large pilot finds what the stopping rule was simulated to need', () => {
  // Notes, section 1.6: cv 20 %, ± 10 %: median 23, nine tenths within 37 of the first hit.
  const { repetitions } = planRepetitions(
    pilot(60, () => 0.2, 5, { concurrency: [1] }),
    { relativeHalfWidth: 0.1, confidence: 0.5 },
  )
  expect(repetitions).toBeGreaterThan(15)
  expect(repetitions).toBeLessThan(45)
})

test('each cell has its own number, the plan has the largest', () => {
  const plan = planRepetitions(
    pilot(10, (n) => (n === 1 ? 0.01 : 0.3), 2),
    { relativeHalfWidth: 0.1 },
  )
  const [quiet, noisy] = plan.cells
  expect(quiet).toMatchObject({ concurrency: 1, memoryMb: 2048, direction: 'download', pilotRounds: 10, repetitions: 6 })
  expect(noisy?.repetitions).toBeGreaterThan(30)
  expect(plan.repetitions).toBe(noisy?.repetitions)
})

test('narrower and surer costs more; the same pilot gives the same plan', () => {
  const journal = pilot(8, () => 0.15, 3)
  const needed = (relativeHalfWidth: number, confidence?: number) =>
    planRepetitions(journal, { relativeHalfWidth, ...(confidence !== undefined && { confidence }) }).repetitions ?? Number.POSITIVE_INFINITY
  expect(needed(0.05)).toBeGreaterThan(needed(0.1))
  expect(needed(0.1, 0.95)).toBeGreaterThan(needed(0.1, 0.5))
  expect(needed(0.1)).toBe(needed(0.1))
})

test('unknown is null', () => {
  const short = pilot(2, () => 0.1, 4)
  for (const source of [short, analyzeJournal(short)]) {
    expect(planRepetitions(source, { relativeHalfWidth: 0.1 })).toMatchObject({
      repetitions: null,
      cells: [{ repetitions: null }, { repetitions: null }],
    })
  }
  expect(
    planRepetitions(
      pilot(6, () => 0.5, 4),
      { relativeHalfWidth: 0.001 },
    ).repetitions,
  ).toBeNull()
})

test('bad options are refused', () => {
  const journal = pilot(3, () => 0.1, 6)
  expect(() => planRepetitions(journal, { relativeHalfWidth: 5 })).toThrow(/"relativeHalfWidth" must be < 1, got 5/)
  expect(() => planRepetitions(journal, { relativeHalfWidth: 0.1, confidence: 1 })).toThrow(/"confidence" must be <= 0.99/)
})
