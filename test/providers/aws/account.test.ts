import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canReserve, checkConcurrency, reservable } from '../../../src/providers/aws/account.ts'

test('a concurrency that the account takes is fine, another is refused with the limit', () => {
  const limits = { concurrency: 1000, unreserved: 400 }
  checkConcurrency(400, limits, 'eu-central-1')
  for (const wanted of [0, 1.5, 401, Number.NaN])
    expect(() => checkConcurrency(wanted, limits, 'eu-central-1')).toThrow(/takes 1 to 400 .*limit is 1000/)
})

test('reserving leaves as much free again, and what Lambda keeps free', () => {
  expect(canReserve(900, { concurrency: 1000, unreserved: 1000 })).toBe(false)
  expect(canReserve(500, { concurrency: 1000, unreserved: 1000 })).toBe(true)
  expect(canReserve(1, { concurrency: 10, unreserved: 10 })).toBe(false)
  expect(canReserve(16, { concurrency: 1000, unreserved: 115 })).toBe(false)
  expect(canReserve(16, { concurrency: 1000, unreserved: 116 })).toBe(true)
})

test('however many functions there are, one without a reservation can run at full concurrency', () => {
  const number = fc.integer({ min: 1, max: 2000 })
  fc.assert(
    fc.property(number, number, fc.integer({ min: 1, max: 20 }), (unreserved, concurrency, functions) => {
      fc.pre(concurrency <= unreserved)
      const reserved = reservable(functions, concurrency, { concurrency: unreserved, unreserved })
      const left = unreserved - reserved * concurrency
      expect(left).toBeGreaterThanOrEqual(reserved === 0 ? concurrency : Math.max(100, concurrency))
    }),
  )
})
