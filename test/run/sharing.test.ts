import { afterAll, expect, test } from 'vitest'
import { expectTruth } from './known-truth.ts'
import { leftOf } from './lab.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

test('fifo: shared, both ways at once', { timeout: 240_000 }, () =>
  expectTruth({
    options: { uplinkBitsPerSecond: 60e6, sharing: 'fifo' },
    directions: ['both'],
    repetitions: 3,
    verdict: { verdict: 'shared', upToConcurrency: 26 },
    aggregate: () => 60e6,
  }),
)

test('capped, until the uplink is full', { timeout: 240_000 }, () =>
  expectTruth({
    options: { uplinkBitsPerSecond: 60e6, sharing: 'capped', capBitsPerSecond: 15e6 },
    directions: ['download'],
    repetitions: 3,
    verdict: { verdict: 'capped' },
    aggregate: (n) => Math.min(n * 15e6, 60e6),
  }),
)
