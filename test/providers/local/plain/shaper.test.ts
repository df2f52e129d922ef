import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Policy, Shaper } from '../../../../src/providers/local/plain/shaper.ts'
import type { Source } from '../../../../src/providers/local/plain/turns.ts'

const payload = 1448 / 1514
/** Payload bytes of so many milliseconds at a rate. */
const bytesIn = (bitsPerSecond: number, ms: number): number => ((bitsPerSecond / 8) * payload * ms) / 1000
const bucketMs = 50
const turn = (bitsPerSecond: number): number => Math.min(65_536, Math.max(1448, bytesIn(bitsPerSecond, 1 / 8) + 1))
const bucket = (bitsPerSecond: number): number => Math.max(2 * turn(bitsPerSecond), bytesIn(bitsPerSecond, bucketMs))
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

/** A connection with a sender of its own. */
class Connection implements Source {
  pending = 0
  sent = 0

  get waiting(): boolean {
    return this.pending > 0
  }

  send(limit: number): number {
    const bytes = Math.min(limit, this.pending)
    this.pending -= bytes
    this.sent += bytes
    return bytes
  }
}

/** Functions with so many connections each, on one uplink. */
function functionsOn(policy: Policy, connections: readonly number[]) {
  const shaper = new Shaper(policy, 0)
  const functions = connections.map((count) => ({
    ready: shaper.join(0),
    connections: Array.from({ length: count }, () => new Connection()),
  }))
  const all = functions.flatMap((one) => one.connections.map((connection) => ({ connection, ready: one.ready })))
  return {
    all: all.map(({ connection }) => connection),
    perFunction: () => functions.map((one) => sum(one.connections.map(({ sent }) => sent))),
    arrive: (index: number, bytes: number) => {
      const one = all[index % all.length]
      if (one === undefined) return
      one.connection.pending += bytes
      one.ready(one.connection)
    },
    /** As the event loop would: as many passes as there are tokens for; after each all have read what is there for them. */
    tick: (nowMs: number, refill: () => void = () => {}) => {
      for (;;) {
        refill()
        const outcome = shaper.pass(nowMs)
        if (outcome !== 'more') return outcome
      }
    },
  }
}

/** All connections have always something to send. */
function saturate(policy: Policy, connections: readonly number[], { stepMs = 1, ms = 2000 } = {}) {
  const uplink = functionsOn(policy, connections)
  const refill = (): void => {
    for (const [index, { pending }] of uplink.all.entries()) if (pending < 65_536) uplink.arrive(index, 65_536)
  }
  for (let now = 0; now <= ms; now += stepMs) uplink.tick(now, refill)
  return uplink
}

const rates = fc.double({ min: 1e6, max: 10e9, noNaN: true })
const policies: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ sharing: fc.constantFrom('fifo' as const, 'fair' as const), uplinkBitsPerSecond: rates }),
  fc
    .tuple(rates, fc.double({ min: 0.01, max: 1, noNaN: true }))
    .map(([rate, share]) => ({ sharing: 'capped' as const, uplinkBitsPerSecond: rate, capBitsPerSecond: Math.max(1e6, rate * share) })),
)
const connections = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 })

describe('whatever arrives when', () => {
  const arrivals = fc.array(
    fc.record({ afterMs: fc.double({ min: 0, max: 80, noNaN: true }), index: fc.nat(63), bytes: fc.integer({ min: 1, max: 500_000 }) }),
    { maxLength: 60 },
  )

  test('in any time never more than rate × time + bucket, nothing lost, nothing idle while tokens are there', () => {
    fc.assert(
      fc.property(policies, connections, arrivals, (policy, counts, events) => {
        const uplink = functionsOn(policy, counts)
        let now = 0
        let arrived = 0
        const earlier = [{ at: 0, bytes: 0 }]
        for (const { afterMs, index, bytes } of events) {
          now += afterMs
          uplink.arrive(index, bytes)
          arrived += bytes
          const outcome = uplink.tick(now)
          const pending = sum(uplink.all.map((one) => one.pending))
          const sent = sum(uplink.perFunction())
          expect(sent + pending).toBe(arrived)
          const rate = policy.uplinkBitsPerSecond
          for (const { at, bytes: before } of earlier)
            expect(sent - before).toBeLessThanOrEqual(bucket(rate) + bytesIn(rate, now - at) + 1e-3)
          earlier.push({ at: now, bytes: sent })
          const cap = policy.capBitsPerSecond
          for (const bytesOfOne of uplink.perFunction()) {
            if (cap !== undefined) expect(bytesOfOne).toBeLessThanOrEqual(bucket(cap) + bytesIn(cap, now) + 1e-3)
          }
          expect(outcome === 'idle').toBe(pending === 0)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('with more to send than the uplink takes', () => {
  const steps = fc.double({ min: 0.5, max: 40, noNaN: true })
  const slow = policies.filter(({ uplinkBitsPerSecond }) => uplinkBitsPerSecond < 200e6)

  test('the whole rate, whatever the policy, also when the clock stumbles', () => {
    fc.assert(
      fc.property(slow, connections, steps, (policy, counts, stepMs) => {
        const ms = 500
        const uplink = saturate(policy, counts, { stepMs, ms })
        const lastMs = Math.floor(ms / stepMs) * stepMs
        const { uplinkBitsPerSecond: rate, capBitsPerSecond: cap = rate } = policy
        const possible = Math.min(bytesIn(rate, lastMs), counts.length * bytesIn(cap, lastMs))
        expect(sum(uplink.perFunction())).toBeGreaterThanOrEqual(possible - 2 * turn(rate) * counts.length)
      }),
      { numRuns: 40 },
    )
  })

  test('fair: functions get the same, however many connections they have', () => {
    fc.assert(
      fc.property(slow, connections, steps, (policy, counts, stepMs) => {
        const uplink = saturate({ ...policy, sharing: 'fair' }, counts, { stepMs, ms: 500 })
        expect(spread(uplink.perFunction())).toBeLessThanOrEqual(2 * turn(policy.uplinkBitsPerSecond))
      }),
      { numRuns: 40 },
    )
  })

  test('fifo: connections get the same', () => {
    fc.assert(
      fc.property(slow, connections, steps, (policy, counts, stepMs) => {
        const uplink = saturate({ sharing: 'fifo', uplinkBitsPerSecond: policy.uplinkBitsPerSecond }, counts, { stepMs, ms: 500 })
        expect(spread(uplink.all.map(({ sent }) => sent))).toBeLessThanOrEqual(2 * turn(policy.uplinkBitsPerSecond))
      }),
      { numRuns: 40 },
    )
  })
})

test('fifo: eight connections have eight times as much as one', () => {
  const [eight = 0, one = 0] = saturate({ sharing: 'fifo', uplinkBitsPerSecond: 100e6 }, [8, 1]).perFunction()
  expect(eight / one).toBeCloseTo(8, 1)
})

test('fair: what one leaves is shared by the others', () => {
  const uplink = functionsOn({ sharing: 'fair', uplinkBitsPerSecond: 80e6 }, [1, 1, 1])
  const refill = (): void => {
    for (const index of [1, 2]) if ((uplink.all[index]?.pending ?? 0) < 65_536) uplink.arrive(index, 65_536)
  }
  for (let now = 0; now <= 1000; now++) {
    uplink.arrive(0, 1000) // 8 Mbit/s, less than its share
    uplink.tick(now, refill)
  }
  const [modest = 0, ...greedy] = uplink.perFunction()
  expect(modest).toBeGreaterThan(990_000)
  const each = (bytesIn(80e6, 1000 + bucketMs) - modest) / 2
  for (const bytes of greedy) expect(Math.abs(bytes / each - 1)).toBeLessThan(0.01)
})

test('capped: as much as the cap, until the uplink is full', () => {
  const policy: Policy = { sharing: 'capped', uplinkBitsPerSecond: 60e6, capBitsPerSecond: 20e6 }
  const ms = 2000
  for (const bytes of saturate(policy, [1, 4], { ms }).perFunction()) {
    expect(Math.abs(bytes / bytesIn(20e6, ms + bucketMs) - 1)).toBeLessThan(0.01)
  }
  const six = saturate(policy, [1, 1, 1, 1, 1, 1], { ms }).perFunction()
  expect(Math.abs(sum(six) / bytesIn(60e6, ms + bucketMs) - 1)).toBeLessThan(0.01)
})

test('26 functions at 5 Gbit/s have all of it: a turn grows with the rate', () => {
  const shares = saturate({ sharing: 'fair', uplinkBitsPerSecond: 5e9 }, Array(26).fill(1), { ms: 500 }).perFunction()
  expect(sum(shares) / bytesIn(5e9, 500 + bucketMs)).toBeGreaterThan(0.999)
})
