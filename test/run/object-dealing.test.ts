import { describe, expect, test } from 'vitest'
import type { ObjectDemand } from '../../src/model/object-store.ts'
import { dealObjects } from '../../src/run/object-dealing.ts'
import { s3 } from '../../src/storage/locations.ts'

const location = s3({ bucket: 'data', region: 'eu-central-1' })
const pool = Array.from({ length: 10 }, (_, index) => ({ id: `8/${index}`, bytes: 8, crc32: index }))
const demand = (options: Partial<ObjectDemand> = {}): ObjectDemand => ({
  location,
  transport: 'signed-url',
  direction: 'download',
  chunkBytes: 8,
  atOnce: 1,
  requestsEach: 1,
  hot: false,
  ...options,
})
const work = { mode: 'pull', chunks: 4, chunkBytes: 8 } as const

describe('dealObjects', () => {
  test('no object goes to two functions, and each gets as many', () => {
    const dealt = dealObjects({ concurrency: 3 }, demand(), pool)
    expect(dealt.map(({ length }) => length)).toEqual([3, 3, 3])
    expect(new Set(dealt.flat()).size).toBe(9)
  })

  test('hot ones go to all', () => {
    expect(dealObjects({ concurrency: 30 }, demand({ hot: true, atOnce: 2 }), pool)).toEqual([pool.slice(0, 2)])
  })

  test('the n-th chunk is the n-th object', () => {
    expect(dealObjects({ concurrency: 2, work }, demand(), pool)).toEqual([pool.slice(0, 4)])
    expect(dealObjects({ concurrency: 2, work }, demand({ hot: true }), pool)).toEqual([Array(4).fill(pool[0])])
  })

  test('too few: an error that says how many are needed', () => {
    expect(() => dealObjects({ concurrency: 4 }, demand({ atOnce: 3 }), pool)).toThrow('has 10 objects of 8 bytes; 4 functions with 3 each')
    expect(() => dealObjects({ concurrency: 1, work: { ...work, chunks: 11 } }, demand(), pool)).toThrow('11 chunks need 11')
  })
})
