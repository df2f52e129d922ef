import { describe, expect, test } from 'vitest'
import { kneeOf } from '../../src/analysis/curve.ts'
import { chooseCurve, type Shape } from '../../src/analysis/curve-choice.ts'
import { quantile } from '../../src/analysis/quantile.ts'
import { type Random, seededRandom } from '../../src/analysis/seeded-random.ts'
import { defaultThresholds } from '../../src/analysis/thresholds.ts'
import { noisyLadder } from './noise.ts'

// Small runs with known truth; seeds that no threshold was chosen with.

const truths: readonly [truth: Shape, curve: (random: Random) => (n: number) => number][] = [
  ['constant', () => () => 50],
  ['inverse', () => (n) => 70 / n],
  ['capped', (random) => cappedAt(randomKnee(random))],
  ['steep', (random) => steepWith([1.15, 1.3, 1.5][Math.floor(random() * 3)] ?? 1.3)],
]
const randomKnee = (random: Random): number => Math.exp(Math.log(2) + random() * Math.log(6.5))
const cappedAt = (knee: number) => (n: number) => Math.min(30, (30 * knee) / n)
const steepWith = (exponent: number) => (n: number) => 70 * n ** -exponent

interface Setting {
  readonly rounds: number
  readonly cv: number
  /** Shares of data sets; what is neither right nor wrong is inconclusive. */
  readonly right: number
  readonly wrong: number
}

const dataSets = 40
const thresholds = { ...defaultThresholds, resamples: 200 }

describe.each(['mean', 'median'] as const)('verdicts from the %s function', (take) => {
  test.each<Setting>([
    { rounds: 3, cv: 0.2, right: 0.8, wrong: 0.05 },
    { rounds: 5, cv: 0.1, right: 0.95, wrong: 0.02 },
    { rounds: 5, cv: 0.2, right: 0.9, wrong: 0.04 },
    { rounds: 10, cv: 0.2, right: 0.92, wrong: 0.03 },
  ])('$rounds rounds, noise $cv: at least $right right, at most $wrong wrong', ({ rounds, cv, right, wrong }) => {
    const random = seededRandom(20261122)
    let rightOnes = 0
    let wrongOnes = 0
    let sure = 0
    let surelyRight = 0
    for (const [truth, curve] of truths) {
      for (let set = 0; set < dataSets; set++) {
        const choice = chooseCurve(noisyLadder(curve(random), { rounds, cv }, random, take), thresholds, random)
        const verdict = choice.confidence >= thresholds.likely && choice.shape !== 'rising' ? choice.shape : undefined
        if (verdict === truth) rightOnes++
        else if (verdict !== undefined) wrongOnes++
        if (choice.confidence >= thresholds.firm) sure++
        if (choice.confidence >= thresholds.firm && verdict === truth) surelyRight++
      }
    }
    const all = truths.length * dataSets
    expect(rightOnes / all).toBeGreaterThanOrEqual(right)
    expect(wrongOnes / all).toBeLessThanOrEqual(wrong)
    expect(surelyRight / sure).toBeGreaterThanOrEqual(0.97)
  })
})

test.each([
  { rounds: 3, cv: 0.1 },
  { rounds: 5, cv: 0.2 },
  { rounds: 10, cv: 0.4 },
  { rounds: 30, cv: 0.2 },
])(
  // biome-ignore format: a table
  'the interval of the knee covers it: $rounds rounds, noise $cv',
  (noise) => {
    const random = seededRandom(6 * noise.rounds)
    let covered = 0
    let knees = 0
    for (let set = 0; set < 120; set++) {
      const knee = randomKnee(random)
      const choice = chooseCurve(noisyLadder(cappedAt(knee), noise, random), { ...thresholds, resamples: 400 }, random)
      if (choice.shape !== 'capped' || choice.confidence < thresholds.likely) continue
      knees++
      const low = quantile(choice.knees, 0.005) as number
      const high = quantile(choice.knees, 0.995) as number
      if (low <= Math.log(knee) && Math.log(knee) <= high) covered++
      expect(low).toBeLessThanOrEqual(kneeOf(choice.curve) + 1e-9)
    }
    // Three standard errors below 95 %.
    expect(covered / knees).toBeGreaterThanOrEqual(0.95 - 3 * Math.sqrt((0.95 * 0.05) / knees))
  },
)

test('a verdict does not get surer by counting functions instead of rounds', () => {
  const level = noisyLadder((n) => 70 / n, { rounds: 3, cv: 0.4 }, seededRandom(2))
  const once = chooseCurve(level, thresholds, seededRandom(1))
  const again = chooseCurve(level.map(({ x, values }) => ({ x, values: [...values].reverse() })), thresholds, seededRandom(1)) // biome-ignore format: one idea
  expect(again).toEqual(once)
})
