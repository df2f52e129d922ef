import { describe, expect, test } from 'vitest'
import { kneeOf } from '../../src/analysis/curve.ts'
import { chooseCurve } from '../../src/analysis/curve-choice.ts'
import { quantile } from '../../src/analysis/quantile.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { defaultThresholds } from '../../src/analysis/thresholds.ts'
import { burstRows } from './calibration/burst.ts'
import { coverageRows } from './calibration/coverage.ts'
import { fairnessRows } from './calibration/fairness.ts'
import { keeps, share } from './calibration/figure.ts'
import { memoryRows } from './calibration/memory.ts'
import { cappedAt, randomKnee, sharingRows } from './calibration/sharing.ts'
import { noisyLadder } from './noise.ts'

// Small runs with known truth, on a seed that no threshold was chosen with; `node bench/calibration.ts` makes the large ones.
const dataSets = 12
const seed = 20261122

const rows = [...sharingRows, ...memoryRows, ...fairnessRows, ...coverageRows, ...burstRows]
describe('gates are kept, but for what chance explains', () => {
  test.each(rows)('$name', ({ figures }) => {
    for (const figure of figures(dataSets, seed)) {
      const message = `${figure.what}: ${(share(figure) * 100).toFixed(1)} % of ${figure.of}, ${figure.bound} ${figure.gate * 100} %`
      expect(keeps(figure, 3), message).toBe(true)
    }
  })
})

const thresholds = { ...defaultThresholds, resamples: 200 }

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
