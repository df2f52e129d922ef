import { expect, test } from 'vitest'
import { meanOf, simulatedCampaigns } from './simulated-placement.ts'

test.each([
  { error: 0.02, least: 0.995 },
  { error: 0.05, least: 0.985 },
])('800 instances on 151 hosts, $error of readings wrong: at most 400 tests, over 50 seeds', { timeout: 300_000 }, ({ error, least }) => {
  const cloud = { instances: 800, hosts: 151, fingerprints: 162, mostPerHost: 10 }
  const runs = simulatedCampaigns(50, 20_261_122, cloud, { error }, { maximumTests: 400 })
  expect(meanOf(runs, ({ fowlkesMallows }) => fowlkesMallows)).toBeGreaterThanOrEqual(least)
  expect(Math.max(...runs.map(({ plan }) => plan.testsUsed))).toBeLessThanOrEqual(400)
})
