import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import { measure } from './measure.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, token: 'a-token-of-the-test', processes: 2 })
})
afterAll(() => started.dispose())

test.each([true, false])('by bytes, in one answer a connection, keepAlive: %s', async (keepAlive) => {
  const { bytes, values } = await measure({ bytes: 10_000_001, keepAlive }, started.target)
  expect(bytes).toBe(10_000_001)
  expect(values).toMatchObject({ requests: 1, retries: 0 })
})

test('for a time, over several connections', async () => {
  const { bytes, startedAtMs, endedAtMs, intervals, values } = await measure({ seconds: 0.5, parallel: 4 }, started.target)
  expect(bytes).toBeGreaterThan(0)
  expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(499)
  expect(intervals?.length).toBeGreaterThanOrEqual(2)
  expect(values?.['requests']).toBeGreaterThanOrEqual(4)
})

test('a wrong token', async () => {
  await expect(measure({ seconds: 0.5 }, { ...started.target, token: 'another' })).rejects.toMatchObject({
    code: 'HTTP_STATUS',
    message: expect.stringContaining('gave status 401'),
  })
})
