import { afterAll, expect, test } from 'vitest'
import { expectTruth } from './known-truth.ts'
import { leftOf } from './lab.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

test('capped with an uplink that is never full: isolated', { timeout: 240_000 }, () =>
  expectTruth({
    options: { uplinkBitsPerSecond: 600e6, sharing: 'capped', capBitsPerSecond: 10e6 },
    directions: ['upload'],
    repetitions: 3,
    verdict: { verdict: 'isolated', upToConcurrency: 26 },
    aggregate: (n) => n * 10e6,
  }),
)

test('fair: equal shares, both ways; the curve is that of fifo', { timeout: 240_000 }, () =>
  expectTruth({
    options: { uplinkBitsPerSecond: 300e6, sharing: 'fair' },
    directions: ['download', 'upload'],
    repetitions: 1,
    verdict: { verdict: 'inconclusive' },
    aggregate: () => 300e6,
  }),
)
