import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctedJain, gini, jain, maxToMin, worstToFair } from '../../src/analysis/division.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { lognormal } from './noise.ts'

const rates = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 2, maxLength: 30 })

test('equal shares are fair by every measure', () => {
  const equal = [5, 5, 5, 5]
  expect([jain(equal), correctedJain([equal]), worstToFair(equal), maxToMin(equal), gini(equal)]).toEqual([1, 1, 1, 1, 0])
})

test('k of n that share give Jain k/n', () => {
  expect(jain([3, 3, 0, 0, 0])).toBeCloseTo(2 / 5, 12)
  expect([worstToFair([3, 3, 0]), maxToMin([3, 3, 0])]).toEqual([0, null])
  expect([jain([0, 0]), correctedJain([[0, 0]]), gini([0, 0])]).toEqual([null, null, null])
})

test('one starved function of 26 is seen by worst/fair, hardly by Jain or Gini', () => {
  const starved = [0.1, ...Array.from({ length: 25 }, () => 1)]
  expect(jain(starved)).toBeCloseTo(0.969, 3)
  expect(gini(starved)).toBeCloseTo(0.034, 3)
  expect(worstToFair(starved)).toBeCloseTo(0.1036, 3)
})

describe('properties', () => {
  test('none depends on order or scale', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (values, factor) => {
        const changed = [...values].reverse().map((rate) => rate * factor)
        const inverse = (of: readonly number[]): number => 1 / (maxToMin(of) ?? Number.NaN)
        const corrected = (of: readonly number[]): number | null => correctedJain([of])
        for (const measure of [jain, corrected, gini, worstToFair, inverse])
          expect(measure(changed)).toBeCloseTo(measure(values) ?? Number.NaN, 8)
      }),
    )
  })

  test('Jain is between 1/n and 1, and above its corrected form', () => {
    fc.assert(
      fc.property(rates, (values) => {
        const index = jain(values) as number
        expect(index).toBeGreaterThanOrEqual(1 / values.length - 1e-12)
        expect(index).toBeLessThanOrEqual(1 + 1e-12)
        expect(correctedJain([values])).toBeLessThanOrEqual(index + 1e-12)
      }),
    )
  })
})

test('the corrected index hardly depends on n', () => {
  const random = seededRandom(7)
  for (const n of [2, 8, 26]) {
    const rounds = Array.from({ length: 20_000 / n }, () => Array.from({ length: n }, () => lognormal(random, 0.2)))
    expect(correctedJain(rounds)).toBeCloseTo(0.963, 2)
  }
})
