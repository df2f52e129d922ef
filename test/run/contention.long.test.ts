import { afterAll, expect, test } from 'vitest'
import { fowlkesMallowsOf, roundsOf, verifiedRun } from './blind-provider.ts'
import { leftOf } from './lab.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

// What else runs on this machine must not decide: some readings tell nothing then, but none links wrongly.
// Real traffic; neither facts nor declared hosts are told.
test('26 functions on 4 hosts are put in their groups by contention alone', { timeout: 180_000 }, async () => {
  const { journal, report, hosts } = await verifiedRun({ functions: 26, hosts: 4, sharing: 'fifo' })
  const rounds = roundsOf(journal)
  expect(fowlkesMallowsOf(report, hosts), JSON.stringify(rounds.map(({ readings: _, ...round }) => round))).toBeGreaterThanOrEqual(0.85)
  for (const { instances } of report.colocation?.groups ?? []) expect(new Set(instances.map((name) => hosts.get(name))).size).toBe(1)
  expect(rounds.length).toBeLessThanOrEqual(12)
  for (const { evidence } of report.colocation?.groups ?? []) expect(evidence).toEqual(['contention:network'])
  expect(report.colocation?.pairs.differentHost).toBe(0)
})

test('functions that are isolated from each other are nowhere: neither together nor apart', { timeout: 180_000 }, async () => {
  const { report } = await verifiedRun({ functions: 6, hosts: 2, sharing: 'capped' })
  expect(report.colocation?.groups).toEqual([])
  expect(report.colocation?.pairs).toMatchObject({ sameHost: 0, differentHost: 0, unknown: 15 })
  expect(report.colocation?.contention?.[0]?.tests).toBeGreaterThan(0)
})
