import { expect, test } from 'vitest'
import { blocksOf, lossesOf } from '../../../src/analysis/colocation/contention-statistic.ts'
import { holm } from '../../../src/analysis/compare/holm.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { Interval } from '../../../src/model/journal-record.ts'

const windowMs = 1200
const intervalMs = 100

/** A rate with AR(1) noise on its logarithm, `drop` of it lost in the second window. */
function series(random: Random, { correlation, deviation, drop }: { correlation: number; deviation: number; drop: number }): Interval[] {
  let noise = deviation * normal(random)
  return Array.from({ length: (3 * windowMs) / intervalMs }, (_, index) => {
    noise = correlation * noise + Math.sqrt(1 - correlation ** 2) * deviation * normal(random)
    const loaded = index * intervalMs >= windowMs && index * intervalMs < 2 * windowMs
    return [index * intervalMs, (index + 1) * intervalMs, 50_000 * Math.exp(noise) * (loaded ? 1 - drop : 1)]
  })
}

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Share of p-values at or below 0.05, of listeners by themselves and of rounds by Holm. */
function alarms(rounds: number, noise: { correlation: number; deviation: number; drop: number }) {
  const random = seededRandom(7)
  let [single, family, count] = [0, 0, 0]
  for (let round = 0; round < rounds; round++) {
    const listeners = Array.from(
      { length: 12 },
      () => blocksOf(series(random, noise), 0, windowMs) ?? { before: [], during: [], after: [] },
    )
    const values = lossesOf(listeners, random).map((loss) => loss?.pValue ?? 1)
    const corrected = holm(values)
    single += values.filter((p) => p <= 0.05).length
    count += values.length
    if (corrected.some((p) => p <= 0.05)) family++
  }
  return { single: single / count, family: family / rounds }
}

test.each([
  { correlation: 0, most: 0.06 },
  { correlation: 0.3, most: 0.08 },
  { correlation: 0.6, most: 0.09 },
])('no load, correlation $correlation of intervals: chance is taken for a loss as often as told', ({ correlation, most }) => {
  const { single, family } = alarms(40, { correlation, deviation: 0.2, drop: 0 })
  expect(single).toBeLessThanOrEqual(most)
  expect(family).toBeLessThanOrEqual(0.12)
})

test('a loss of half the rate is seen, also after correction for all listeners', () => {
  const random = seededRandom(3)
  const noise = { correlation: 0.3, deviation: 0.15 }
  const listened = Array.from({ length: 25 }, (_, index) => blocksOf(series(random, { ...noise, drop: index < 6 ? 0.5 : 0 }), 0, windowMs))
  const losses = lossesOf(listened.map((blocks) => blocks ?? { before: [], during: [], after: [] }))
  const corrected = holm(losses.map((loss) => loss?.pValue ?? 1))
  for (const [index, loss] of losses.entries()) {
    if (index < 6) expect(corrected[index]).toBeLessThanOrEqual(0.05)
    else expect(corrected[index]).toBeGreaterThan(0.05)
    expect(loss?.effect).toBeCloseTo(index < 6 ? 0.5 : 0, 0)
  }
})

test('a series that does not cover the windows has no blocks', () => {
  const whole = series(seededRandom(1), { correlation: 0, deviation: 0, drop: 0 })
  expect(blocksOf(whole, 0, windowMs)?.before).toHaveLength(10)
  expect(blocksOf(whole.slice(0, 20), 0, windowMs)).toBeUndefined()
  expect(blocksOf(whole.slice(8), 0, windowMs)).toBeUndefined()
  expect(blocksOf([], 0, windowMs)).toBeUndefined()
  expect(
    blocksOf(
      whole.map(([from, to]) => [from, to, 0]),
      0,
      windowMs,
    ),
  ).toBeUndefined()
})
