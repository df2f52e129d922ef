import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HttpClient } from '../../src/agent/http-request.ts'
import { createHttpClient } from '../../src/agent/http-request.ts'
import { createWorkQueue } from '../../src/agent/work-queue.ts'
import { MeasurementError } from '../../src/model/errors.ts'
import type { WorkShare } from '../../src/model/fixed-work.ts'
import type { Chunk } from '../../src/model/journal-record.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { newRound } from './task.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, open: true, processes: 2 })
})
afterAll(() => started.dispose())

const pulling: WorkShare = { mode: 'pull', chunks: 9, chunkBytes: 10, leaseMs: 60_000 }
const chunk = (ok: boolean): Chunk => ({ id: '', startMs: 1, endMs: 2, bytes: 10, ok })
const clientOf = (): HttpClient => createHttpClient({ origin: started.target.http, signal: new AbortController().signal })
const numbers = (chunks: readonly Chunk[]) => chunks.map(({ id }) => Number(id)).toSorted((a, b) => a - b)

/** A client of whom each request may be lost, before it is sent or after it is answered. */
function faulty(client: HttpClient, fault: (request: number) => 'none' | 'not sent' | 'not answered'): HttpClient {
  let requests = 0
  return {
    close: () => client.close(),
    async request(request) {
      const what = fault(requests++)
      if (what === 'not sent') throw lost
      const answer = await client.request(request)
      if (what === 'not answered') throw lost
      return answer
    },
  }
}
const lost = new MeasurementError('CONNECTION_CLOSED', 'The connection was lost.', { hint: 'Again.' })

test('three functions share nine chunks, named by their numbers', async () => {
  const round = newRound()
  const clients = [0, 1, 2].map(clientOf)
  const queues = clients.map((client, invocation) => createWorkQueue(pulling, { run: 'w', round, attempt: 0, invocation }, client))
  await Promise.all(queues.map((queue) => queue.takeFirst()))
  const moved = await Promise.all(queues.map((queue) => queue.moveEach(async () => chunk(true))))
  expect(numbers(moved.flat())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  for (const own of moved) expect(own.length).toBeGreaterThan(0)
  for (const client of clients) client.close()
})

test('a chunk of its own asks nobody', async () => {
  const nobody = faulty(clientOf(), () => 'not sent')
  const queue = createWorkQueue({ ...pulling, chunk: 7 }, { run: 'w', round: newRound(), attempt: 0, invocation: 3 }, nobody)
  await queue.takeFirst()
  expect(await queue.moveEach(async (index) => ({ ...chunk(true), bytes: index }))).toEqual([{ ...chunk(true), id: '7', bytes: 7 }])
})

test('a chunk that failed stands in the record, and another function gets it', async () => {
  const round = newRound()
  const [one, other] = [clientOf(), clientOf()]
  const error = { code: 'CUT', message: 'Cut off.' }
  const failing = createWorkQueue(pulling, { run: 'w', round, attempt: 0, invocation: 0 }, one)
  const moved = await failing.moveEach(async (index) => (index === 4 ? { ...chunk(false), error } : chunk(true)))
  expect(moved.filter(({ ok }) => !ok)).toEqual([{ ...chunk(false), id: '4', error }])
  const rest = await createWorkQueue(pulling, { run: 'w', round, attempt: 0, invocation: 1 }, other).moveEach(async () => chunk(true))
  expect(numbers(rest)).toEqual([4])
  one.close()
  other.close()
})

test('what another has moved meanwhile does not count', async () => {
  const round = newRound()
  const [slow, quick] = [clientOf(), clientOf()]
  const short = { ...pulling, chunks: 1, leaseMs: 1 }
  const late = createWorkQueue(short, { run: 'w', round, attempt: 0, invocation: 0 }, slow)
  const [moved] = await late.moveEach(async () => {
    const other = { run: 'w', round, attempt: 0, invocation: 1 }
    // Until the lease has ended.
    for (let own = 0; own === 0; ) own = (await createWorkQueue(short, other, quick).moveEach(async () => chunk(true))).length
    return chunk(true)
  })
  expect(moved).toMatchObject({ id: '0', ok: false, error: { code: 'NOT_COUNTED' } })
  slow.close()
  quick.close()
})

test.each(['not sent', 'not answered'] as const)('a report that is %s: the chunk is not counted here, and the queue ends', async (what) => {
  const client = clientOf()
  const broken = faulty(client, (request) => (request === 2 ? what : 'none'))
  const queue = createWorkQueue(pulling, { run: 'w', round: newRound(), attempt: 0, invocation: 0 }, broken)
  await expect(queue.moveEach(async () => chunk(true))).rejects.toThrow('The connection was lost')
  expect(queue.moved).toMatchObject([{ ok: true }, { ok: false, error: { code: 'CONNECTION_CLOSED' } }])
  client.close()
})

test('what is thrown ends it; what was moved before is kept', async () => {
  const client = clientOf()
  const queue = createWorkQueue(pulling, { run: 'w', round: newRound(), attempt: 0, invocation: 0 }, client)
  const moving = queue.moveEach(async (index) => {
    if (index === 2) throw new Error('no more')
    return chunk(true)
  })
  await expect(moving).rejects.toThrow('no more')
  expect(numbers(queue.moved)).toEqual([0, 1])
  client.close()
})
