import { expect, test } from 'vitest'
import { twoSidedP, twoSidedQuantile } from '../../../src/analysis/compare/student-t.ts'

// scipy.stats.t: 2·sf(t, df), SciPy 1.17.
test.each([
  [0.5, 2, 0.6666666666666667],
  [2.3, 2.7, 0.11473425204306327],
  [4, 3.5, 0.020920616365403714],
  [1.1, 17.3, 0.2864037532516563],
  [12, 5, 7.089492517161522e-5],
  [2.6, 250, 0.009877136364809634],
])('P(|T| ≥ %f) with %f degrees of freedom is %f', (t, df, p) => {
  expect(Math.abs(twoSidedP(t, df) / p - 1)).toBeLessThan(1e-10)
  expect(twoSidedP(-t, df)).toBe(twoSidedP(t, df))
  expect(Math.abs(twoSidedQuantile(p, df) / t - 1)).toBeLessThan(1e-9)
})

test.each([
  [1, 12.706204736432095],
  [2, 4.302652729911275],
  [3, 3.182446305284263],
  [4, 2.7764451051977987],
  [1e6, 1.9599663],
])('97.5 %% quantile with %i degrees of freedom', (df, t) => {
  expect(Math.abs(twoSidedQuantile(0.05, df) / t - 1)).toBeLessThan(df > 1000 ? 1e-7 : 1e-10)
})

test('ends of the scale', () => {
  expect(twoSidedP(0, 3)).toBe(1)
  expect(twoSidedP(Number.POSITIVE_INFINITY, 3)).toBe(0)
  expect(twoSidedP(1e6, 1)).toBeCloseTo(2 / Math.PI / 1e6, 12)
})
