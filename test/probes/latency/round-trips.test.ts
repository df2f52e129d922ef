import { expect, test } from 'vitest'
import { describeRoundTrips, medianRtt, type Ping } from '../../../src/probes/latency/round-trips.ts'

const pings = (...lengths: (number | undefined)[]): Ping[] =>
  lengths.map((rttMs, index) => ({ sentAtMs: index, ...(rttMs !== undefined && { rttMs }) }))

test('quantiles of type 7, as numpy gives them', () => {
  const all = pings(5, 1, 4, 2, 3, 10)
  expect(describeRoundTrips(all)).toEqual({ rttMs: 3.5, rttP95Ms: 8.75, rttMinMs: 1, rttMaxMs: 10, pings: 6, pingsLost: 0 })
  expect(medianRtt(all)).toBe(3.5)
})

test('a ping without an answer counts as longer than all others; what would rest on it is absent', () => {
  expect(describeRoundTrips(pings(1, undefined, 2))).toEqual({ rttMs: 2, rttMinMs: 1, pings: 3, pingsLost: 1 })
  expect(describeRoundTrips(pings(1, undefined))).toEqual({ rttMinMs: 1, pings: 2, pingsLost: 1 })
  expect(describeRoundTrips(pings(undefined, undefined))).toEqual({ pings: 2, pingsLost: 2 })
  expect(medianRtt(pings(1, undefined, undefined))).toBeUndefined()
})

test('no ping, no figure', () => {
  expect(describeRoundTrips([])).toEqual({ pings: 0, pingsLost: 0 })
  expect(medianRtt([])).toBeUndefined()
})
