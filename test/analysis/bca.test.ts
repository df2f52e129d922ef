import { describe, expect, test } from 'vitest'
import reference from '../../fixtures/scipy-bca.json' with { type: 'json' }
import samples from '../../fixtures/scipy-reference.json' with { type: 'json' }
import { type BcaStatistic, bcaInterval, fewestValues } from '../../src/analysis/bca.ts'
import { jain } from '../../src/analysis/division.ts'
import { normalProbability, normalQuantile } from '../../src/analysis/normal-distribution.ts'
import { ascending, median } from '../../src/analysis/quantile.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { lognormal } from './noise.ts'

const sample = samples.inputs.lognormal200
const named: Readonly<Record<string, BcaStatistic>> = { mean: 'mean', median: 'median', jain: (values) => jain([...values]) as number }

describe('the ends are those of SciPy', () => {
  test.each(reference.bca)('$statistic of $first values, confidence $confidence', ({ statistic, first, confidence, low, high }) => {
    const interval = bcaInterval(sample.slice(0, first), named[statistic] as BcaStatistic, { confidence, resamples: 50_000 })
    expect(interval).toMatchObject({ confidence, method: 'bca' })
    expect(Math.abs((interval?.low ?? 0) / low - 1)).toBeLessThan(3e-3)
    expect(Math.abs((interval?.high ?? 0) / high - 1)).toBeLessThan(3e-3)
  })

  test.each(reference.frozen)('$statistic, the project’s reference', ({ statistic, low, high }) => {
    const interval = bcaInterval(sample, named[statistic] as BcaStatistic)
    expect(Math.abs((interval?.low ?? 0) / low - 1)).toBeLessThan(1e-2)
    expect(Math.abs((interval?.high ?? 0) / high - 1)).toBeLessThan(1e-2)
  })
})

test('the short ways to a mean and to a median lead to the ends of the long one', () => {
  const long: readonly [BcaStatistic, BcaStatistic][] = [
    ['mean', (values) => values.reduce((sum, value) => sum + value, 0) / values.length],
    ['median', (values) => median(ascending(values)) as number],
  ]
  for (const values of [sample.slice(0, 60), sample.slice(0, 61)]) {
    for (const [short, statistic] of long) {
      const [a, b] = [bcaInterval(values, short, { resamples: 50_000 }), bcaInterval(values, statistic, { resamples: 50_000, seed: 7 })]
      expect(Math.abs((a?.low ?? 0) / (b?.low ?? 1) - 1)).toBeLessThan(3e-3)
      expect(Math.abs((a?.high ?? 0) / (b?.high ?? 1) - 1)).toBeLessThan(3e-3)
    }
  }
})

test('the normal distribution is that of SciPy', () => {
  for (const [z, p] of reference.normalProbability as [number, number][]) expect(Math.abs(normalProbability(z) / p - 1)).toBeLessThan(1e-10)
  for (const [p, z] of reference.normalQuantile as [number, number][])
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-10 * Math.max(Math.abs(z), 1e-5))
})

test('the same seed gives the same interval, another seed nearly', () => {
  for (const statistic of Object.values(named)) {
    const [once, again, other] = [1, 1, 2].map((seed) => bcaInterval(sample, statistic, { seed, resamples: 1000 }))
    expect(again).toEqual(once)
    expect(other).not.toEqual(once)
  }
})

test('the order and the unit of the values do not matter', () => {
  const given = bcaInterval(sample, 'median')
  expect(bcaInterval([...sample].reverse(), 'median')).toEqual(given)
  const kilo = bcaInterval(
    sample.map((value) => value * 1024),
    'median',
  )
  expect(kilo).toEqual({ ...given, low: (given?.low ?? 0) * 1024, high: (given?.high ?? 0) * 1024 })
})

test('there is none where nothing can be said', () => {
  expect(bcaInterval(sample.slice(0, fewestValues - 1), 'mean')).toBeNull()
  expect(bcaInterval(sample.slice(0, fewestValues), 'mean')).not.toBeNull()
  expect(bcaInterval(Array.from({ length: 100 }, () => 5), 'mean')).toBeNull() // biome-ignore format: one idea
  expect(bcaInterval([...sample, Number.NaN], 'mean')).toBeNull()
  expect(bcaInterval(sample, () => Number.NaN)).toBeNull()
})

test('options are checked', () => {
  expect(() => bcaInterval(sample, 'mean', { confidence: 95 })).toThrow(/"confidence" must be <= 0.999, got 95/)
  expect(() => bcaInterval(sample, 'mean', { resamples: 10 })).toThrow(/"resamples"/)
  expect(() => bcaInterval(sample, 'mean', { confidense: 0.9 } as object)).toThrow(/unknown key "confidense"/)
})

describe('a 95 % interval covers the truth', () => {
  const truths = [
    { statistic: 'mean', cv: 0.2, truth: Math.sqrt(1.04) },
    { statistic: 'mean', cv: 0.4, truth: Math.sqrt(1.16) },
    { statistic: 'median', cv: 0.2, truth: 1 },
    { statistic: 'median', cv: 0.4, truth: 1 },
  ] as const
  test.each(truths)('$statistic, cv $cv', ({ statistic, cv, truth }) => {
    const random = seededRandom(20261122)
    const sets = 1000
    let covered = 0
    for (let set = 0; set < sets; set++) {
      const values = Array.from({ length: fewestValues }, () => lognormal(random, cv))
      const { low, high } = bcaInterval(values, statistic, { resamples: 1000, seed: set }) ?? { low: 0, high: 0 }
      if (low <= truth && truth <= high) covered++
    }
    // Three standard errors below 93 %.
    expect(covered / sets).toBeGreaterThanOrEqual(0.93 - 3 * Math.sqrt((0.93 * 0.07) / sets))
  })
})
