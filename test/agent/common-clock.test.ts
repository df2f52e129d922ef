import { expect, test } from 'vitest'
import { measureClock } from '../../src/agent/common-clock.ts'
import type { HttpClient, TimedResponse } from '../../src/agent/http-request.ts'
import { monotonicNow } from '../../src/model/units.ts'

/** A clock that is so far ahead, read after way out and followed by way back. */
function clientWith(aheadMs: number, ways: readonly (readonly [outMs: number, backMs: number])[]): HttpClient & { readings: number } {
  return {
    readings: 0,
    async request() {
      const [outMs, backMs] = ways[this.readings++] ?? [50, 50]
      const sentAt = monotonicNow()
      const body = JSON.stringify({ epochMs: sentAt + outMs + aheadMs })
      return { status: 200, headers: new Map(), body, keepAlive: true, sentAt, receivedAt: (sentAt + outMs + backMs) as typeof sentAt }
    },
    close() {},
  }
}

test('the reading with the least round trip counts, and its half is the uncertainty', async () => {
  const client = clientWith(1e9, [
    [30, 1],
    [9, 9],
    [0.5, 0.3],
    [1, 40],
  ])
  const clock = await measureClock(client)
  const errorMs = clock.now() - (monotonicNow() + 1e9)
  expect(client.readings).toBeGreaterThanOrEqual(8)
  expect(clock.uncertaintyMs()).toBeGreaterThanOrEqual(0.399)
  expect(clock.uncertaintyMs()).toBeLessThan(0.41)
  expect(Math.abs(errorMs)).toBeLessThan(0.4)
})

test.each(['', '{}', '{"epochMs":"soon"}', 'null'])('%j is no reading', async (body) => {
  const client = { request: async () => ({ body }) as TimedResponse, close() {} }
  await expect(measureClock(client)).rejects.toMatchObject({ code: 'CLOCK_UNREADABLE' })
})
