import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agent, createAgent } from '../../src/agent/agent.ts'
import type { Measurement, ProbeCode } from '../../src/model/probe.ts'
import type { Task } from '../../src/model/task.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { configFor, newRound, SECRET, sampleOf, samplesOf, taskFor } from './task.ts'

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(() => started?.dispose())

type Code = ProbeCode<unknown, unknown>
const probe = (run: Code['run'], prepare?: Code['prepare']): Code => ({ name: 'mine', version: '1.0.0', run, ...(prepare && { prepare }) })

/** Measures nothing but the time in which it was. */
const idle = probe(async ({ direction, capabilities }) => {
  const startedAtMs = capabilities.now()
  await capabilities.until((startedAtMs + 30) as typeof startedAtMs)
  const directions = direction === 'both' ? (['download', 'upload'] as const) : [direction]
  return directions.map((one) => ({ direction: one, startedAtMs, endedAtMs: capabilities.now(), bytes: 0 }))
})

const agentWith = (code: Code): Agent => createAgent(configFor(started.target), { probes: new Map([[code.name, code]]) })
const task = (changes: Partial<Task> = {}): Task =>
  taskFor(started.target, { probe: { name: 'mine', version: '1.0.0', params: {} }, ...changes })

describe('a sample', () => {
  test('carries identity, clock, CPU, memory and what the probe measured', async () => {
    const agent = agentWith(idle)
    const reply = await agent.handle(task({ invocation: 3, concurrency: 4, targetIndex: 1, readyTimeoutMs: 50 }))
    const sample = sampleOf(reply)
    expect(sample).toMatchObject({
      invocation: 3,
      attempt: 0,
      target: 1,
      outcome: 'completed',
      direction: 'download',
      bytes: 0,
      coldStart: true,
      cpuMs: { user: expect.any(Number), system: expect.any(Number) },
      facts: { 'proc/self/ns/net': expect.stringContaining('net:') },
    })
    expect(sample.durationMs).toBeGreaterThan(30)
    expect(sample.memoryUsedMb).toBeGreaterThan(1)
    expect(sample.clockUncertaintyMs).toBeLessThan(100)
    expect(sample.startedAtMs).toBeGreaterThanOrEqual(reply.startAtMs ?? Number.POSITIVE_INFINITY)
  })

  test('one a direction', async () => {
    const samples = samplesOf(await agentWith(idle).handle(task({ direction: 'both' })))
    expect(samples.map(({ direction, outcome }) => [direction, outcome])).toEqual([
      ['download', 'completed'],
      ['upload', 'completed'],
    ])
  })

  test('an instance keeps its nonce and is cold once; another has another', async () => {
    const [one, other] = [agentWith(idle), agentWith(idle)]
    const first = sampleOf(await one.handle(task()))
    const second = sampleOf(await one.handle(task()))
    const third = sampleOf(await other.handle(task()))
    expect([first.coldStart, second.coldStart, third.coldStart]).toEqual([true, false, true])
    expect(first.initMs).toBeGreaterThan(0)
    expect(second.initMs).toBeUndefined()
    expect(second.instance).toBe(first.instance)
    expect(third.instance).not.toBe(first.instance)
  })

  test('the common clock is the one of the target', async () => {
    const reply = await agentWith(idle).handle(task())
    const { epochMs } = (await (
      await fetch(`${started.target.http}/clock`, { headers: { authorization: `Bearer ${started.target.token}` } })
    ).json()) as { epochMs: number }
    const sample = sampleOf(reply)
    expect(sample.endedAtMs).toBeLessThan(epochMs + (sample.clockUncertaintyMs ?? 0))
    expect(sample.endedAtMs).toBeGreaterThan(epochMs - 20_000)
  })
})

describe('what goes wrong is a sample', () => {
  test.each<[string, Code, string, string]>([
    ['in prepare', probe(idle.run, () => Promise.reject(new Error('no stream'))), 'not-run', 'PROBE_FAILED'],
    ['in run', probe(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))), 'failed', 'ECONNRESET'],
    [
      'in run, thrown at once',
      probe(() => {
        throw new TypeError('wrong')
      }),
      'failed',
      'PROBE_FAILED',
    ],
    ['no measurement', probe(async () => []), 'failed', 'PROBE_INVALID'],
    ['nonsense', probe(async () => [{ direction: 'download', startedAtMs: 2, endedAtMs: 1 }] as Measurement[]), 'failed', 'PROBE_INVALID'],
    [
      'elsewhere',
      probe(async ({ capabilities }) => {
        await capabilities.connect('198.18.0.9:80')
        return []
      }),
      'failed',
      'TARGET_NOT_ALLOWED',
    ],
  ])('%s', async (_, code, outcome, errorCode) => {
    const sample = sampleOf(await agentWith(code).handle(task()))
    expect(sample).toMatchObject({ outcome, error: { code: errorCode }, facts: expect.anything(), clockUncertaintyMs: expect.any(Number) })
  })

  test('the messages carry no secret of the task', async () => {
    const code = probe(() => Promise.reject(new Error(`${SECRET} and ${started.target.token}`)))
    const reply = await agentWith(code).handle(task())
    expect(sampleOf(reply)).toMatchObject({ error: { message: '[secret] and [secret]' } })
  })

  test('a round that began without it', async () => {
    const round = newRound()
    const alone = { round, concurrency: 2, readyTimeoutMs: 20 }
    expect(sampleOf(await agentWith(idle).handle(task(alone)))).toMatchObject({ outcome: 'completed' })
    expect(sampleOf(await agentWith(idle).handle(task({ ...alone, invocation: 1 })))).toMatchObject({
      outcome: 'not-run',
      error: { code: 'ROUND_RELEASED' },
    })
  })

  test('the caller aborts', async () => {
    const controller = new AbortController()
    const never = probe(() => {
      controller.abort()
      return new Promise(() => {})
    })
    const sample = sampleOf(await agentWith(never).handle(task(), { signal: controller.signal }))
    expect(sample).toMatchObject({ outcome: 'failed', error: { code: 'TASK_ABORTED' }, cpuMs: expect.anything() })
  })

  test('the deadline, while others are waited for and while the probe runs', async () => {
    const waiting = sampleOf(await agentWith(idle).handle(task({ concurrency: 2, deadlineMs: 300 })))
    expect(waiting).toMatchObject({ outcome: 'not-run', error: { code: 'DEADLINE' } })
    const deaf = probe(() => new Promise(() => {}))
    const running = sampleOf(await agentWith(deaf).handle(task({ direction: 'upload', deadlineMs: 2000 })))
    expect(running).toMatchObject({
      outcome: 'failed',
      error: { code: 'DEADLINE' },
      startedAtMs: expect.any(Number),
      endedAtMs: expect.any(Number),
    })
  })

  test('after the reply nothing works any more', async () => {
    const replied = Promise.withResolvers<void>()
    let later: Promise<unknown> | undefined
    const code = probe(async (context, prepared) => {
      later = replied.promise.then(() => context.capabilities.connect(started.target.iperf3))
      return idle.run(context, prepared)
    })
    await agentWith(code).handle(task())
    replied.resolve()
    await expect(later).rejects.toMatchObject({ code: 'TASK_ABORTED' })
  })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no round', { round: '' }],
  ['an invocation that is none', { invocation: -1 }],
  ['a direction that is none', { direction: 'sideways' }],
  ['a deadline that is none', { deadlineMs: Number.NaN }],
])('%s is no task', async (_, changes) => {
  const malformed = changes === undefined ? undefined : { ...task(), ...(changes as object) }
  await expect(agentWith(idle).handle(malformed as Task)).rejects.toMatchObject({ code: 'TASK_MALFORMED' })
})
