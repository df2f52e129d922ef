import { describe, expect, test } from 'vitest'
import reference from '../../fixtures/scipy-reference.json' with { type: 'json' }
import { holm } from '../../src/analysis/compare/holm.ts'
import { twoSidedQuantile } from '../../src/analysis/compare/student-t.ts'
import { medianInterval } from '../../src/analysis/median-interval.ts'
import { ascending, median, quantile } from '../../src/analysis/quantile.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { lognormal, noisyRound } from './noise.ts'

const { inputs, entries } = reference
type SampleName = 'lognormalA' | 'lognormalB' | 'smallA' | 'lognormal200'
const names: readonly SampleName[] = ['lognormalA', 'lognormalB', 'smallA', 'lognormal200']

describe('agrees with SciPy', () => {
  const error = (got: number | null | undefined, expected: number | null): number =>
    Math.abs((got ?? Number.NaN) - (expected ?? Number.NaN)) / Math.max(Math.abs(expected ?? 0), 1e-12)

  test.each(names)('quantiles of %s', (name) => {
    const sorted = ascending(inputs[name])
    const expected = entries[`quantile.${name}`].expected.quantiles
    for (const [index, level] of inputs.quantileLevels.entries())
      expect(error(quantile(sorted, level), expected[index] as number)).toBeLessThan(1e-9)
  })

  test.each(names)('interval of the median of %s', (name) => {
    const { low, high } = entries[`medianInterval.${name}`].expected
    const interval = medianInterval(inputs[name])
    // Where order statistics give none, there is the one of Student.
    expect(interval?.method).toBe(low === null ? 't-log' : 'order-statistic')
    if (low !== null) expect(Math.max(error(interval?.low, low), error(interval?.high, high))).toBeLessThan(1e-9)
  })

  test('median', () => {
    expect(error(median(ascending(inputs.lognormal200)), entries['median.lognormal200'].expected.median)).toBeLessThan(1e-9)
  })

  test("Student's t, Holm's correction", () => {
    expect(error(twoSidedQuantile(0.05, 4), entries['studentQuantile.0.975.4'].expected.value)).toBeLessThan(1e-10)
    const adjusted = holm(inputs.pValues)
    for (const [index, expected] of entries.holm.expected.adjusted.entries()) expect(error(adjusted[index], expected)).toBeLessThan(1e-9)
  })
})

test('ranks are right for many values, where the weights would underflow', () => {
  const count = 4000
  const interval = medianInterval(Array.from({ length: count }, (_, index) => index + 1))
  // Normal approximation: n/2 ± 1.96 √n / 2.
  expect(Math.abs((interval?.low ?? 0) - (count / 2 - 0.98 * Math.sqrt(count)))).toBeLessThan(2)
  expect((interval?.low ?? 0) + (interval?.high ?? 0)).toBe(count + 1)
})

test("below six values it is Student's, of the logarithms; below three, or where nothing moved, there is none", () => {
  const logs = [9.5, 10.1, 9.9, 11.2, 8.7]
  // By hand: mean 9.88, standard deviation 0.9121, t = 2.7764.
  const interval = medianInterval(logs.map(Math.exp))
  expect(interval).toMatchObject({ confidence: 0.95, method: 't-log' })
  expect(Math.log(interval?.low ?? 0)).toBeCloseTo(9.88 - (2.7764451 * 0.9121403) / Math.sqrt(5), 5)
  expect(Math.log(interval?.high ?? 0)).toBeCloseTo(9.88 + (2.7764451 * 0.9121403) / Math.sqrt(5), 5)
  expect(medianInterval([1, 2])).toBeNull()
  expect(medianInterval([0, 2, 3])).toBeNull()
  expect(medianInterval([1, 2, 3, 4, 5, 6])).toMatchObject({ low: 1, high: 6, method: 'order-statistic' })
  expect(medianInterval([])).toBeNull()
})

describe('covers the median in 95 % of experiments or more', () => {
  const trials = 2000
  // Three standard errors of the share below 95 %.
  const least = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / trials)

  test.each([6, 7, 10, 30])('of %i values', (count) => {
    const random = seededRandom(20261122 + count)
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const interval = medianInterval(Array.from({ length: count }, () => lognormal(random, 0.4)))
      if (interval !== null && interval.low <= 1 && 1 <= interval.high) covered++
    }
    expect(covered / trials).toBeGreaterThan(least)
  })

  test.each([3, 4, 5])('of %i values, of which one in twenty is a slow round', (count) => {
    const random = seededRandom(20261123 + count)
    const slowed = (): number => (random() < 0.05 ? 0.3 + 0.4 * random() : 1)
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const interval = medianInterval(Array.from({ length: count }, () => lognormal(random, 0.2) * slowed()))
      if (interval !== null && interval.low <= 1 && 1 <= interval.high) covered++
    }
    expect(covered / trials).toBeGreaterThan(least)
  })

  test.each([2, 8, 26])('of all functions of ten rounds of %i', (n) => {
    const random = seededRandom(990018 + n)
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const medians = Array.from(
        { length: 10 },
        () => median(ascending(noisyRound(1, n, { rounds: 10, cv: 0.3, contamination: 0 }, random))) ?? 0,
      )
      const interval = medianInterval(medians)
      if (interval !== null && interval.low <= 1 && 1 <= interval.high) covered++
    }
    expect(covered / trials).toBeGreaterThan(least)
  })
})

test.each([3, 4, 5, 6])('an interval of %i rounds that do not differ holds their median', (rounds) => {
  for (const value of [70e6, 1 / 3, 4.7e11, 23_456_789.125]) {
    const { low, high } = medianInterval(Array.from({ length: rounds }, () => value)) ?? {}
    expect(low).toBeLessThanOrEqual(value)
    expect(high).toBeGreaterThanOrEqual(value)
    expect((high ?? 0) - (low ?? 0)).toBeLessThan(1e-12 * value)
  }
})
