import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeWithin } from '../../../src/analysis/colocation/tolerant-values.ts'

test('equal within the tolerance is one group, and further apart is another chain', () => {
  const places = placeWithin([10, 20.5, 10.5, 20, 11], 1)
  expect(places.map(({ chain }) => chain)).toEqual([0, 1, 0, 1, 0])
  expect(places[0]?.group).toBe(places[2]?.group)
  expect(places[2]?.group).toBe(places[4]?.group)
  expect(places[1]?.group).toBe(places[3]?.group)
  expect(places[0]?.group).not.toBe(places[1]?.group)
})

test('a chain of small steps does not link its ends', () => {
  const places = placeWithin([0, 0.1, 0.6, 1.2], 1)
  expect(new Set(places.map(({ chain }) => chain)).size).toBe(1)
  expect(places.map(({ group }) => group)).toEqual([0, 0, undefined, 1])
})

test('two of a group are equal, and equal to the same others; two chains never are', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 40 }), (values) => {
      const places = placeWithin(values, 1)
      const equals = (a: number): number[] => values.flatMap((value, b) => (Math.abs(value - (values[a] ?? 0)) <= 1 ? [b] : []))
      for (const [a, own] of places.entries()) {
        for (const [b, other] of places.entries()) {
          if (own.chain !== other.chain) expect(equals(a)).not.toContain(b)
          if (own.group !== undefined && own.group === other.group) expect(equals(a)).toEqual(equals(b))
        }
      }
    }),
  )
})
