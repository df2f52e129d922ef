import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NextReply, ReadyReply, ReadyRequest } from '../../src/model/target.ts'
import { Rounds } from '../../src/server/rounds.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { clockOffset, targetClock } from '../../src/server/target-clock.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 3 })
})
afterAll(() => started.dispose())

const post = (path: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(started.target.http + path, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) })

async function ready(
  round: string,
  request: ReadyRequest,
  signal?: AbortSignal,
): Promise<{ status: number; reply: ReadyReply; atMs: number }> {
  const response = await post(`/rounds/${round}/ready`, request, signal)
  return { status: response.status, reply: (await response.json()) as ReadyReply, atMs: performance.timeOrigin + performance.now() }
}

test('26 are released together, with one start', async () => {
  const all = await Promise.all(
    Array.from({ length: 26 }, (_, invocation) => ready('r1.0', { invocation, expected: 26, timeoutMs: 20_000, leadMs: 1000 })),
  )
  const [first] = all
  for (const { status, reply, atMs } of all) {
    expect(status).toBe(200)
    expect(reply).toEqual({ startAtMs: first?.reply.startAtMs, ready: 26, expected: 26 })
    expect(atMs).toBeLessThan(reply.startAtMs)
  }
})

test('without one of them the others are released when the time is over', async () => {
  const before = performance.now()
  const request = { expected: 26, timeoutMs: 400 }
  const all = await Promise.all(Array.from({ length: 25 }, (_, invocation) => ready('r2.0', { invocation, ...request })))
  expect(performance.now() - before).toBeGreaterThan(390)
  for (const { reply } of all) expect(reply).toEqual({ startAtMs: all[0]?.reply.startAtMs, ready: 25, expected: 26 })
  const late = await ready('r2.0', { invocation: 25, ...request })
  expect(late.status).toBe(409)
  expect(late.reply).toMatchObject({ error: { code: 'ROUND_RELEASED' } })
})

test('the default lead is 200 ms', async () => {
  const { reply, atMs } = await ready('r3.0', { invocation: 0, expected: 1, timeoutMs: 1000 })
  expect(reply.startAtMs - atMs).toBeLessThanOrEqual(201)
  expect(reply.startAtMs - atMs).toBeGreaterThan(-5000)
})

test('a second ready of the same invocation replaces the first one', async () => {
  const both = [0, 1].map(() => ready('r4.0', { invocation: 0, expected: 2, timeoutMs: 20_000 }))
  const replaced = await Promise.race(both)
  expect(replaced.status).toBe(409)
  expect(replaced.reply).toMatchObject({ error: { code: 'REPLACED' } })
  const other = await ready('r4.0', { invocation: 1, expected: 2, timeoutMs: 20_000 })
  expect(other.reply.ready).toBe(2)
  const served = (await Promise.all(both)).find(({ status }) => status === 200)
  expect(served?.reply).toEqual(other.reply)
})

test('one that goes away is not counted', async () => {
  const gone = new AbortController()
  const leaving = ready('r5.0', { invocation: 0, expected: 3, timeoutMs: 1000 }, gone.signal)
  const staying = ready('r5.0', { invocation: 1, expected: 3, timeoutMs: 1000 })
  await fetch(`${started.target.http}/clock`)
  setTimeout(() => gone.abort(), 100)
  await expect(leaving).rejects.toThrow()
  expect((await staying).reply.ready).toBe(1)
})

test('those who disagree about the round are told', async () => {
  const rounds = new Rounds(targetClock(clockOffset()))
  const first = rounds.ready('r', { invocation: 0, expected: 2, timeoutMs: 20_000 })
  const conflict = await rounds.ready('r', { invocation: 1, expected: 3, timeoutMs: 20_000 })
  expect(conflict).toMatchObject({ status: 409, body: { error: { code: 'ROUND_CONFLICT' } } })
  rounds.close()
  expect(await first).toMatchObject({ status: 503 })
})

test('every chunk is given out once', async () => {
  const take = async (invocation: number): Promise<number[]> => {
    const mine: number[] = []
    for (;;) {
      const done = mine.at(-1)
      const { chunk, counted } = (await (await post('/rounds/w1.0/next', { invocation, chunks: 100, done })).json()) as NextReply
      expect(counted).toBe(done === undefined ? undefined : true)
      if (chunk === null) return mine
      mine.push(chunk)
    }
  }
  const taken = (await Promise.all(Array.from({ length: 12 }, (_, i) => take(i)))).flat()
  expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect((await post('/rounds/w1.0/next', { invocation: 0, chunks: 99 })).status).toBe(409)
})

test.each([
  [{ done: 100 }, /done must be a whole number from 0 to 99, got 100/],
  [{ failed: -1 }, /failed must be a whole number/],
  [{ leaseMs: 0 }, /leaseMs must be a number from 1/],
  [{ gone: true }, /gone must be one of ended, lost, got true/],
])('what is said of a chunk is checked: %j', async (told, message) => {
  const response = await post('/rounds/w2.0/next', { invocation: 0, chunks: 100, ...told })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { code: 'INVALID_VALUE', message: expect.stringMatching(message) } })
})

test('what a lost function has moved goes to another', async () => {
  const next = async (body: object) => (await (await post('/rounds/w3.0/next', { chunks: 1, ...body })).json()) as NextReply
  expect(await next({ invocation: 0, leaseMs: 60_000 })).toEqual({ chunk: 0 })
  expect(await next({ invocation: 0, done: 0 })).toEqual({ chunk: null, counted: true })
  expect(await next({ invocation: 1 })).toEqual({ chunk: null })
  expect(await next({ invocation: 0, gone: 'lost' })).toEqual({ chunk: null })
  expect(await next({ invocation: 1 })).toEqual({ chunk: 0 })
})

test('the number of rounds is bounded', () => {
  const rounds = new Rounds(targetClock(clockOffset()))
  try {
    expect(rounds.next('first', { invocation: 0, chunks: 5 }).body).toEqual({ chunk: 0 })
    expect(rounds.next('first', { invocation: 1, chunks: 5 }).body).toEqual({ chunk: 1 })
    for (let i = 0; i < 10_001; i++) rounds.next(`other ${i}`, { invocation: 0, chunks: 5 })
    expect(rounds.next('first', { invocation: 0, chunks: 5 }).body).toEqual({ chunk: 0 })
  } finally {
    rounds.close()
  }
})

test('rounds where someone waits are limited, and all others make room', async () => {
  const rounds = new Rounds(targetClock(clockOffset()))
  try {
    for (let i = 0; i < 10_000; i++) rounds.next(`old-${i}`, { invocation: 0, chunks: 1 })
    expect(rounds.next('old-0', { invocation: 1, chunks: 1 })).toMatchObject({ body: { chunk: null } })
    const request = { invocation: 0, expected: 2, timeoutMs: 60_000 }
    const waiting = Array.from({ length: 10_000 }, (_, i) => rounds.ready(`r${i}`, request))
    expect((await rounds.ready('one-more', request)).status).toBe(503)
    expect(rounds.next('one-more', { invocation: 0, chunks: 1 }).status).toBe(503)
    await expect(rounds.ready('r0', { ...request, invocation: 1 })).resolves.toMatchObject({ status: 200 })
    await expect(waiting[0]).resolves.toMatchObject({ status: 200 })
    expect(rounds.next('one-more', { invocation: 0, chunks: 1 }).status).toBe(200)
  } finally {
    rounds.close()
  }
})
