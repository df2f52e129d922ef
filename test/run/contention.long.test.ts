import { afterAll, expect, test } from 'vitest'
import { fowlkesMallowsOf, linksOf, verifiedRun } from './blind-provider.ts'
import { leftOf } from './lab.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

// Real traffic; neither facts nor declared hosts are told.
test('26 functions on 4 hosts are put in their groups by contention alone', { timeout: 120_000 }, async () => {
  const verified = await verifiedRun({ sizes: [9, 7, 6, 4], sharing: 'fifo', colocation: { burstMs: 1000 } })
  const { report, rounds } = verified
  expect(fowlkesMallowsOf(verified), JSON.stringify(rounds)).toBeGreaterThanOrEqual(0.99)
  const { all, right } = linksOf(verified)
  expect(right).toBe(all)
  expect(rounds.length).toBeLessThanOrEqual(12)
  for (const { evidence } of report.colocation?.groups ?? []) expect(evidence).toEqual(['contention:network'])
  expect(report.colocation?.pairs.differentHost).toBe(0)
})

test('functions that are isolated from each other are nowhere: neither together nor apart', { timeout: 120_000 }, async () => {
  const { report } = await verifiedRun({ sizes: [2, 1], sharing: 'capped', colocation: { burstMs: 800 } })
  expect(report.colocation?.groups).toEqual([])
  expect(report.colocation?.pairs).toMatchObject({ sameHost: 0, differentHost: 0, unknown: 3 })
  expect(report.colocation?.contention?.[0]?.tests).toBeGreaterThan(0)
})

// What they share is as well the only way out of a target that was given by somebody.
test('where all lose to all, and only the target is common to them for certain, nobody is together', { timeout: 120_000 }, async () => {
  const { report, rounds } = await verifiedRun({ sizes: [3], sharing: 'fifo', lab: false, colocation: { burstMs: 800 } })
  expect(report.colocation?.groups).toEqual([])
  expect(rounds.map(({ discarded }) => discarded)).toContain('sink-unproven')
})
