import { expect, test } from 'vitest'
import type { HttpAnswer } from '../../../src/providers/gcp/https-exchange.ts'
import { paced } from '../../../src/providers/gcp/pacing.ts'

const never = new AbortController().signal

function answers(...statuses: number[]): () => Promise<HttpAnswer> {
  return async () => ({ status: statuses.shift() ?? 0, headers: {}, text: '' })
}

test('what has no instance is sent again, and how often is told', async () => {
  await expect(paced(answers(429, 429, 200), 10_000, never)).resolves.toMatchObject({ answer: { status: 200 }, throttled: 2 })
})

test.each([500, 502, 503, 504, 401])('status %d is not sent again', async (status) => {
  await expect(paced(answers(status, 200), 10_000, never)).resolves.toMatchObject({ answer: { status }, throttled: 0 })
})

test('after the limit it is given up', async () => {
  await expect(paced(answers(429, 200), 100, never)).resolves.toMatchObject({ answer: { status: 429 }, throttled: 1 })
})

test('what the platform asks for is waited, or given up', async () => {
  const send = async (): Promise<HttpAnswer> => ({ status: 429, headers: { 'retry-after': '60' }, text: '' })
  await expect(paced(send, 10_000, never)).resolves.toMatchObject({ throttled: 1 })
})

test('an abort ends the pause', async () => {
  const aborted = paced(answers(429, 200), 10_000, AbortSignal.timeout(10))
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
})
