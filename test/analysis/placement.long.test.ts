import { expect, test } from 'vitest'
import { placedSharing } from './calibration/placement.ts'

test('verdicts by the number on one host are as right as those by the number at once', () => {
  const { verdicts, right, wrong, sure, sureAndRight } = placedSharing(100, 5, 20261122)
  expect(right / verdicts).toBeGreaterThan(0.9)
  expect(wrong / verdicts).toBeLessThan(0.03)
  expect(sureAndRight / sure).toBeGreaterThan(0.98)
})

test('too few rounds of the same number on a host: no verdict rather than a wrong one', () => {
  const { verdicts, wrong } = placedSharing(50, 3, 20261122)
  expect(wrong / verdicts).toBeLessThan(0.06)
})
