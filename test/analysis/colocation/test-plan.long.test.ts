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

test('links of confidence 0.9 and more are right in 99 of 100 cases, also where readings are worse than told', () => {
  const room = { instances: 26, hosts: 4, mostPerHost: 26 }
  const places = [room, { instances: 26, hosts: 13 }, { instances: 10, hosts: 2 }, { instances: 20, hosts: 20 }]
  const runs = [0.02, 0.05, 0.1].flatMap((error) => places.flatMap((place) => simulatedCampaigns(10, 990_017, place, { error })))
  const all = runs.reduce((sum, { links }) => sum + links.all, 0)
  expect(all).toBeGreaterThan(2000)
  expect(runs.reduce((sum, { links }) => sum + links.right, 0) / all).toBeGreaterThanOrEqual(0.99)
})
