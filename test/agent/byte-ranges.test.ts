import { expect, test } from 'vitest'
import { ByteRanges } from '../../src/agent/byte-ranges.ts'

test('it walks on, and begins again behind the end once the size is known', () => {
  const ranges = new ByteRanges(100)
  const first = ranges.next()
  expect(first).toEqual({ first: 0, last: 99 })
  expect(ranges.answered(first, 'bytes 0-99/250')).toBe(100)
  expect(ranges.next()).toEqual({ first: 100, last: 199 })
  const last = ranges.next()
  expect(last).toEqual({ first: 200, last: 299 })
  expect(ranges.answered(last, 'bytes 200-249/250')).toBe(50)
  expect(ranges.next()).toEqual({ first: 0, last: 99 })
})

test('a range behind the end tells the size', () => {
  const ranges = new ByteRanges(100)
  ranges.next()
  const beyond = ranges.next()
  expect(ranges.beyondEnd(beyond, 'bytes */60')).toBe(true)
  expect(ranges.next()).toEqual({ first: 0, last: 99 })
})

test.each([undefined, 'bytes */0', 'bytes */*', 'bytes */600', 'nonsense'])('a 416 with Content-Range %s is an error', (text) => {
  const ranges = new ByteRanges(100)
  ranges.next()
  expect(ranges.beyondEnd(ranges.next(), text)).toBe(false)
})

test.each([
  undefined,
  'nonsense',
  'bytes 1-99/250',
  'bytes 0-98/250',
  'bytes 0-100/250',
  'bytes 0-99',
  'bytes */250',
  'bytes 0-50/*',
  'items 0-99/250',
])('another range than asked for is malformed: %s', (text) => {
  const ranges = new ByteRanges(100)
  expect(() => ranges.answered(ranges.next(), text)).toThrowError(expect.objectContaining({ code: 'HTTP_MALFORMED' }))
})
