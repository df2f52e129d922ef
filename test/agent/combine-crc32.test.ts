import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineCrc32 } from '../../src/agent/combine-crc32.ts'

test('the checksum of two parts is that of the whole', () => {
  const part = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(part, part, (first, second) => {
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])))
    }),
  )
  const large = Buffer.alloc(5_000_000, 'part')
  expect(combineCrc32(crc32('a'), crc32(large), large.length)).toBe(crc32(Buffer.concat([Buffer.from('a'), large])))
})
