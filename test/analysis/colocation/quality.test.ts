import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agreement } from '../../../src/analysis/colocation/quality.ts'

test('the textbook example', () => {
  // 17 elements, clusters of 6, 6, 5: Manning, Raghavan and Schütze 2008, chapter 16.3: 20 pairs right, 20 wrong, 24 missed.
  const clusters = [...'11111122222233333']
  const classes = ['x', 'x', 'x', 'x', 'x', 'o', 'x', 'o', 'o', 'o', 'o', 'd', 'd', 'd', 'd', 'x', 'x']
  const figures = agreement(clusters, classes)
  expect(figures.precision).toBeCloseTo(20 / 40, 12)
  expect(figures.recall).toBeCloseTo(20 / 44, 12)
  expect(figures.f1).toBeCloseTo(40 / 84, 12)
  expect(figures.fowlkesMallows).toBeCloseTo(Math.sqrt((20 / 40) * (20 / 44)), 12)
  // By the formula, computed with exact binomials elsewhere.
  expect(figures.adjustedRand).toBeCloseTo(0.242914979757085, 12)
  expect(figures.groupCountError).toBe(0)
})

test('nothing to be right about is null', () => {
  expect(agreement([1, 2, 3], ['a', 'a', 'b'])).toMatchObject({
    precision: null,
    recall: 0,
    f1: 0,
    fowlkesMallows: null,
    groupCountError: 1,
  })
  expect(agreement([1, 2], ['a', 'b'])).toMatchObject({ precision: null, recall: null, f1: null, adjustedRand: null })
  expect(agreement([], [])).toMatchObject({ precision: null, adjustedRand: null, groupCountError: 0 })
})

test('the same as by counting pairs', () => {
  const labels = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 30 })
  fc.assert(
    fc.property(labels, (pairs) => {
      const counts = { both: 0, put: 0, truth: 0 }
      for (const [at, [a, x]] of pairs.entries()) {
        for (const [b, y] of pairs.slice(at + 1)) {
          if (a === b) counts.put++
          if (x === y) counts.truth++
          if (a === b && x === y) counts.both++
        }
      }
      const figures = agreement(
        pairs.map(([a]) => a),
        pairs.map(([, x]) => x),
      )
      expect(figures.precision).toBe(counts.put === 0 ? null : counts.both / counts.put)
      expect(figures.recall).toBe(counts.truth === 0 ? null : counts.both / counts.truth)
    }),
  )
})
