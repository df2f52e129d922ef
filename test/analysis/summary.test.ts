import fc from 'fast-check'
import { expect, test } from 'vitest'
import reference from '../../fixtures/scipy-bca.json' with { type: 'json' }
import samples from '../../fixtures/scipy-reference.json' with { type: 'json' }
import { ascending, quantile } from '../../src/analysis/quantile.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { summarize } from '../../src/analysis/summary.ts'

const near = (got: number | null | undefined, expected: number) =>
  expect(Math.abs((got ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected))

test('the figures are those of numpy', () => {
  const { levels, quantiles, mean, cv, jain } = reference.summary
  const summary = summarize(samples.inputs.lognormal200, levels)
  expect(summary.count).toBe(200)
  for (const [index, expected] of quantiles.entries()) near(summary.quantiles[index], expected)
  near(summary.mean, mean)
  near(summary.cv, cv)
  near(summary.jain, jain)
})

test('quantiles are those of the sorted sample, whatever its order, its ties and the levels', () => {
  const shapes: readonly ((index: number, random: () => number) => number)[] = [
    (_, random) => random(),
    (_, random) => Math.floor(random() * 4),
    (index) => index,
    (index) => -index,
    (index) => Math.abs((index % 200) - 100),
    (index) => (index % 3) * 1e9 + index,
    () => 7,
  ]
  const anySample = fc.property(
    fc.integer(),
    fc.integer({ min: 1, max: 30_000 }),
    fc.constantFrom(...shapes),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }),
    (seed, count, shape, levels) => {
      const random = seededRandom(seed)
      const values = Float64Array.from({ length: count }, (_, index) => shape(index, random))
      const before = values.slice()
      const sorted = ascending(values)
      expect(summarize(values, levels).quantiles).toEqual(levels.map((level) => quantile(sorted, level)))
      expect(values).toEqual(before)
    },
  )
  fc.assert(anySample, { numRuns: 150 })
})

test('nothing is said of nothing', () => {
  expect(summarize([], [0.5])).toEqual({ count: 0, mean: null, cv: null, jain: null, quantiles: [null] })
  expect(summarize([3], [0, 0.5, 1])).toEqual({ count: 1, mean: 3, cv: null, jain: 1, quantiles: [3, 3, 3] })
  expect(summarize([0, 0], [0.5])).toEqual({ count: 2, mean: 0, cv: null, jain: null, quantiles: [0] })
})
