import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cookieBytes, encodeCookie } from '../../src/probes/iperf3/wire.ts'
import { parseCookie } from '../../src/server/cookie.ts'

test('every cookie that a client can make is read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 36, maxLength: 36 }), (random) => {
      const cookie = encodeCookie(random)
      expect(parseCookie(cookieBytes(cookie))).toBe(cookie)
    }),
  )
})

test('whatever bytes come: 36 printable characters, or no cookie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(parseCookie(bytes) ?? 'x'.repeat(36)).toMatch(/^[\x21-\x7e]{36}$/)
    }),
  )
  expect(parseCookie(new Uint8Array(37))).toBeUndefined()
  expect(parseCookie(new Uint8Array(37).fill(97))).toBeUndefined()
})
