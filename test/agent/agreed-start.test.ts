import { expect, test } from 'vitest'
import { LATEST_START_MS, waitForStart } from '../../src/agent/agreed-start.ts'
import type { CommonClock } from '../../src/agent/common-clock.ts'
import { commonMs, monotonicNow } from '../../src/model/units.ts'

const clock: CommonClock = { now: () => commonMs(monotonicNow() + 1e12), uncertaintyMs: () => 0, offsetMs: 0, fromTarget: commonMs }
const never = new AbortController().signal

test.each([0.5, 5, 80])('never before the start, %d ms ahead, and without spinning', async (aheadMs) => {
  const startAt = commonMs(clock.now() + aheadMs)
  const before = process.cpuUsage()
  await waitForStart(startAt, clock, never)
  const { user } = process.cpuUsage(before)
  expect(clock.now()).toBeGreaterThanOrEqual(startAt)
  if (aheadMs === 80) expect(user / 1000).toBeLessThan(60)
})

test('a little late is measured, much later is not', async () => {
  await waitForStart(commonMs(clock.now() - LATEST_START_MS / 2), clock, never)
  const missed = waitForStart(commonMs(clock.now() - LATEST_START_MS - 1), clock, never)
  await expect(missed).rejects.toMatchObject({ code: 'START_MISSED' })
})

test('ends with the signal', async () => {
  const controller = new AbortController()
  const waiting = waitForStart(commonMs(clock.now() + 60_000), clock, controller.signal)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})
