import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COOKIE_BYTES, cookieBytes, encodeCookie, encodeMessage, messageLength, streamId } from '../../../src/probes/iperf3/wire.ts'

test('a cookie: 36 characters of the alphabet and one NUL, whatever the random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 36, maxLength: 64 }), (random) => {
      const cookie = encodeCookie(random)
      expect(cookie).toMatch(/^[a-z2-7]{36}$/)
      const bytes = cookieBytes(cookie)
      expect(bytes).toHaveLength(COOKIE_BYTES)
      expect(bytes.indexOf(0)).toBe(COOKIE_BYTES - 1)
    }),
  )
})

test('different random bytes give different cookies in every place', () => {
  const of = (byte: number): string => encodeCookie(new Uint8Array(36).fill(byte))
  expect(new Set(Array.from({ length: 32 }, (_, byte) => of(byte))).size).toBe(32)
})

test('a message announces the bytes, not the characters, of its JSON and ends with it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const message = encodeMessage(value)
      expect(messageLength(message.subarray(0, 4))).toBe(message.length - 4)
      expect(JSON.stringify(JSON.parse(new TextDecoder().decode(message.subarray(4))))).toBe(JSON.stringify(value))
    }),
  )
})

test('a length is read at any offset of a buffer, unsigned', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 8 }), (length, offset) => {
      const bytes = new Uint8Array(offset + 4)
      new DataView(bytes.buffer).setUint32(offset, length)
      expect(messageLength(bytes.subarray(offset))).toBe(length)
    }),
  )
})

test('stream numbers skip 2', () => {
  expect([0, 1, 2, 3].map(streamId)).toEqual([1, 3, 4, 5])
})
