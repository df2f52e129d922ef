import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Platform } from '../../src/model/platform.ts'
import { type Execution, executionCost, totalUsd } from '../../src/pricing/execution-cost.ts'

const lambda: Platform = { name: 'aws', region: 'us-east-1' }
const arm: Platform = { ...lambda, architecture: 'arm64' }
const gen1: Platform = { name: 'gcp', variant: 'gen1', region: 'us-central1' }
const gen2: Platform = { name: 'gcp', region: 'us-central1' }
const consumption: Platform = { name: 'azure', variant: 'consumption', region: 'eastus' }
const flex: Platform = { name: 'azure', region: 'eastus' }

const cost = (platform: Platform, ...executions: readonly Execution[]): number => totalUsd(executionCost(platform, executions))
const usdOf = (platform: Platform, meter: string, execution: Execution): number | undefined =>
  executionCost(platform, [execution]).find((item) => item.meter === meter)?.usd

/** Relative 1e-12. */
function expectExact(got: number | undefined, wanted: number): void {
  expect(Math.abs((got ?? Number.NaN) / wanted - 1)).toBeLessThanOrEqual(1e-12)
}

// By hand: the factors in the order of the published formula.
test.each<readonly [name: string, platform: Platform, execution: Execution, usd: number]>([
  ['Lambda, 128 MB, 100 ms: 0.1 s × 1/8 GB × x86 rate + fee', lambda, { ms: 100, memoryMb: 128 }, 0.0125 * 0.0000166667 + 0.0000002],
  ['Lambda rounds up to 1 ms: 0.2 ms are 1', lambda, { ms: 0.2, memoryMb: 1024 }, 0.001 * 0.0000166667 + 0.0000002],
  ['Lambda, 1769 MB is 1769/1024 GB, not 1.769', lambda, { ms: 1000, memoryMb: 1769 }, (1769 / 1024) * 0.0000166667 + 0.0000002],
  ['Lambda, arm64, 10,240 MB, 2.5 s', arm, { ms: 2500, memoryMb: 10_240 }, 25 * 0.0000133334 + 0.0000002],
  ['Lambda, nothing at all: the fee', lambda, { ms: 0, memoryMb: 128 }, 0.0000002],
  ['gen1, 128 MB, 260 ms are 300 (example of the price page)', gen1, { ms: 260, memoryMb: 128 }, 3 * 0.00000023125 + 0.0000004],
  ['gen2, 2 GiB and 1 vCPU, 2.34 s are 2.4', gen2, { ms: 2340, memoryMb: 2048 }, 2.4 * (0.000024 + 2 * 0.0000025) + 0.0000004],
  ['gen2, 512 MiB: a third of a CPU', gen2, { ms: 1000, memoryMb: 512 }, 0.333 * 0.000024 + 0.5 * 0.0000025 + 0.0000004],
  ['gen2, vCPUs set by themselves', { ...gen2, vcpus: 1 }, { ms: 1000, memoryMb: 512 }, 0.000024 + 0.5 * 0.0000025 + 0.0000004],
  [
    'gen2, a size of one’s own with vCPUs',
    { ...gen2, vcpus: 1 },
    { ms: 100, memoryMb: 768 },
    0.1 * (0.000024 + 0.75 * 0.0000025) + 0.0000004,
  ],
  ['Consumption: 160 MB are billed as 256 (example of the docs)', consumption, { ms: 1000, memoryMb: 160 }, 0.25 * 0.000016 + 0.0000002],
  ['Consumption: at least 100 ms and 128 MB', consumption, { ms: 3, memoryMb: 40 }, 0.1 * 0.125 * 0.000016 + 0.0000002],
  ['Consumption: at most 1,536 MB', consumption, { ms: 1000, memoryMb: 1600 }, 1.5 * 0.000016 + 0.0000002],
  ['Consumption: whole milliseconds', consumption, { ms: 123.4, memoryMb: 512 }, 0.124 * 0.5 * 0.000016 + 0.0000002],
  ['Flex, 20 ms are 1,000', flex, { ms: 20, memoryMb: 2048 }, 2 * 0.000026 + 0.0000004],
  ['Flex, 1,001 ms are 1,100', flex, { ms: 1001, memoryMb: 512 }, 1.1 * 0.5 * 0.000026 + 0.0000004],
])('%s', (_, platform, execution, usd) => {
  expectExact(cost(platform, execution), usd)
})

test('Lambda: 18 invocations with 10,240 MB of memory and of storage, of a public cost page of 2026-08-21 (us-east-2)', () => {
  const platform: Platform = { name: 'aws', region: 'us-east-2', storageMb: 10_240 }
  const items = executionCost(platform, [
    { ms: 363_796 - 17, memoryMb: 10_240 },
    { ms: 1, memoryMb: 10_240, count: 17 },
  ])
  const [compute, storage, requests] = ['compute GB-s', 'ephemeral storage GB-s', 'requests'].map((meter) =>
    items.find((item) => item.meter === meter),
  )
  expectExact(compute?.usd, 3637.96 * 0.0000166667)
  expectExact(storage?.usd, 363.796 * 9.5 * 0.0000000309)
  expectExact(requests?.usd, 0.0000036)
  // As the page prints them.
  expect([compute?.usd, storage?.usd, requests?.usd].map((usd) => usd?.toFixed(9))).toEqual(['0.060632788', '0.000106792', '0.000003600'])
})

test.each([
  [128, 0.000000231],
  [256, 0.000000463],
  [512, 0.000000925],
  [1024, 0.00000165],
  [2048, 0.0000029],
  [4096, 0.0000058],
])('gen1: price of 100 ms at %d MB as the page of 2021-01-10 prints it', (memoryMb, printed) => {
  const usd = cost(gen1, { ms: 100, memoryMb }) - 0.0000004
  expect(Math.abs(usd - printed)).toBeLessThan(0.6e-9)
})

test('egress and storage operations', () => {
  const sent = { ms: 1000, memoryMb: 512, egressBytes: 3 * 2 ** 30 }
  expectExact(usdOf(lambda, 'egress GB', sent), 3 * 0.09)
  expectExact(usdOf(gen1, 'egress GB', sent), 3 * 0.12)
  expectExact(usdOf(flex, 'egress GB', { ...sent, egressBytes: 3e9 }), 3 * 0.087)
  const stored = { ms: 1000, memoryMb: 512, storageReads: 1000, storageWrites: 2000 }
  expectExact(usdOf(lambda, 'storage reads', stored), 0.0004)
  expectExact(usdOf(lambda, 'storage writes', stored), 0.01)
  expectExact(usdOf(gen2, 'storage reads', { ms: 1, memoryMb: 512, storageReads: 10_000 }), 0.004)
  expect(usdOf(lambda, 'egress GB', { ms: 1000, memoryMb: 512 })).toBeUndefined()
})

describe('Flex bills the time in which an instance is active', () => {
  const run = (instance: string, startMs: number, ms: number): Execution => ({ ms, memoryMb: 2048, within: { instance, startMs } })
  const billedSeconds = (...executions: readonly Execution[]): number =>
    (executionCost(flex, executions).find(({ meter }) => meter === 'compute GB-s')?.quantity ?? 0) / 2

  test('overlapping executions of an instance are one period, of two instances two', () => {
    expectExact(billedSeconds(run('a', 0, 1500), run('a', 500, 1700)), 2.2)
    expectExact(billedSeconds(run('a', 0, 1500), run('b', 500, 1700)), 1.5 + 1.7)
  })
  test('one within another, in any order; those that touch', () => {
    expectExact(billedSeconds(run('a', 100, 50), run('a', 0, 1240)), 1.3)
    expectExact(billedSeconds(run('a', 1000, 700), run('a', 0, 1000)), 1.7)
  })
  test('one after the other: the minimum counts for each', () => {
    expectExact(billedSeconds(run('a', 0, 10), run('a', 20, 10)), 2)
    expectExact(billedSeconds({ ms: 10, memoryMb: 2048 }, { ms: 10, memoryMb: 2048 }), 2)
  })
  test('the fee is of each execution', () => {
    expectExact(executionCost(flex, [run('a', 0, 10), run('a', 5, 10)]).find(({ meter }) => meter === 'requests')?.usd, 0.0000008)
  })
  test('times since 1970 do not lengthen a period', () => {
    expectExact(billedSeconds(run('a', 1_763_800_000_000.123, 2000)), 2)
  })
})

test.each<readonly [Platform, number, RegExp]>([
  [
    { name: 'aws', region: 'mars-north-1' },
    512,
    /no price for "compute GB-s" of aws lambda \(x86_64\) in mars-north-1, only in: us-east-1/,
  ],
  [{ name: 'aws' }, 512, /depends on the region, and none is named/],
  [lambda, 127, /no price for 127 MB of memory, only for whole numbers of MB from 128 to 10240/],
  [lambda, 512.5, /no price for 512.5 MB/],
  [lambda, Number.NaN, /no price for NaN MB/],
  [gen1, 300, /gcp gen1 has no price for 300 MB of memory, only for 128, 256, 512/],
  [gen2, 768, /gcp gen2 has no price for 768 MB/],
  [flex, 1024, /azure flex-consumption has no price for 1024 MB of memory, only for 512, 2048, 4096/],
  [{ ...flex, variant: 'premium' }, 512, /does not know the plan premium of azure, only: consumption, flex-consumption/],
  [{ name: 'local', region: 'here' }, 512, /does not know the provider local, only: aws, gcp, azure/],
])('%j with %d MB is refused, not guessed', (platform, memoryMb, message) => {
  const price = () => cost(platform, { ms: 100, memoryMb })
  expect(price).toThrow(expect.objectContaining({ code: 'PRICE_UNKNOWN', message: expect.stringMatching(message) }))
})

const anywhere = fc.constantFrom(
  ...[lambda, arm, gen1, gen2, consumption, flex].map(
    (platform) => [platform, platform === flex ? [512, 2048] : [128, 512, 1024]] as const,
  ),
)
const duration = fc.double({ min: 0, max: 900_000, noNaN: true })

describe('for every platform', () => {
  test('longer never costs less, nor does more memory; never less than the fee', () => {
    fc.assert(
      fc.property(anywhere, duration, duration, ([platform, [small = 128, ...larger]], a, b) => {
        const [short, long] = a < b ? [a, b] : [b, a]
        const fee = executionCost(platform, [{ ms: short, memoryMb: small }]).find(({ meter }) => meter === 'requests')?.usd ?? 0
        expect(cost(platform, { ms: short, memoryMb: small })).toBeLessThanOrEqual(cost(platform, { ms: long, memoryMb: small }))
        expect(cost(platform, { ms: short, memoryMb: small })).toBeGreaterThanOrEqual(fee)
        for (const memoryMb of larger)
          expect(cost(platform, { ms: long, memoryMb: small })).toBeLessThanOrEqual(cost(platform, { ms: long, memoryMb }))
      }),
    )
  })

  test('the cost of all is the sum of each, and of so many alike so many times', () => {
    fc.assert(
      fc.property(
        anywhere,
        fc.array(duration, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        ([platform], all, count) => {
          const executions = all.map((ms) => ({ ms, memoryMb: 512 }))
          expectExact(
            cost(platform, ...executions),
            executions.reduce((sum, each) => sum + cost(platform, each), 0),
          )
          const [one = { ms: 1, memoryMb: 512 }] = executions
          expectExact(cost(platform, { ...one, count }), count * cost(platform, one))
        },
      ),
    )
  })

  test('a billed time is billed as it is: rounding it again changes nothing', () => {
    const steps: readonly (readonly [Platform, number, number])[] = [
      [lambda, 1, 0],
      [gen1, 100, 0],
      [gen2, 100, 0],
      [consumption, 1, 100],
      [flex, 100, 1000],
    ]
    fc.assert(
      fc.property(fc.constantFrom(...steps), duration, ([platform, step, minimum], ms) => {
        const rounded = Math.max(Math.ceil(ms / step) * step, minimum)
        expect(cost(platform, { ms, memoryMb: 512 })).toBe(cost(platform, { ms: rounded, memoryMb: 512 }))
        if (ms > minimum && ms < rounded)
          expect(cost(platform, { ms: rounded + 0.001, memoryMb: 512 })).toBeGreaterThan(cost(platform, { ms, memoryMb: 512 }))
      }),
    )
  })
})
