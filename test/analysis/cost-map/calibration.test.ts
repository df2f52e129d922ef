import { expect, test } from 'vitest'
import { calibrate } from './calibration.ts'

// 9 of 10 simulated journals and more; how well really: cost-map.long.test.ts.
test('intervals, choices and knees hold the truth of simulated journals', () => {
  const { response, cost, cheapest, fastest, knee, kneeWithin20 } = calibrate(6, { rounds: 6, cv: 0.1, mode: 'pull', seed: 31 })
  expect(response).toBeGreaterThan(0.85)
  expect(cost).toBeGreaterThan(0.85)
  expect(cheapest).toBeGreaterThan(0.8)
  expect(fastest).toBeGreaterThan(0.8)
  expect(knee).toBeGreaterThan(0.6)
  expect(kneeWithin20).toBeGreaterThan(0.85)
})
