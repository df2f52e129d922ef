import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { seededContent, seededCrc32 } from '../../src/storage/seeded-content.ts'

const whole = (seed: number, id: string, bytes: number) => Buffer.concat([...seededContent(seed, id, bytes)])

test('the same on every machine; another one for each seed and id', () => {
  // Source: openssl enc -aes-128-ctr -K $(printf 'netfair 1 a/0' | sha256sum | cut -c1-32) -iv 0…0 of 600,000 zeros.
  expect(
    createHash('sha256')
      .update(whole(1, 'a/0', 600_000))
      .digest('hex'),
  ).toBe('b3ea4ed5170e06c283e7b6518c185014985ae4274be2dfaa61dca1c46c1d1f54')
  const [first, ...others] = [whole(1, 'a/0', 1000), whole(2, 'a/0', 1000), whole(1, 'a/1', 1000)]
  for (const other of others) expect(first?.equals(other)).toBe(false)
})

test('a longer one begins with the shorter, in pieces; its CRC-32 is told without keeping it', () => {
  const long = whole(1, 'x', 700_001)
  expect(long.length).toBe(700_001)
  expect(long.subarray(0, 300_000).equals(whole(1, 'x', 300_000))).toBe(true)
  expect(seededCrc32(1, 'x', 700_001)).toBe(crc32(long))
  expect([...seededContent(1, 'x', 0)]).toEqual([])
})
