import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NetfairError } from '../../../src/model/errors.ts'
import type { TaskContent } from '../../../src/model/sealed-task.ts'
import { latency } from '../../../src/probes/latency/latency.ts'
import type { Deployment } from '../../../src/providers/provider.ts'
import { startTarget } from '../../../src/server/target.ts'
import { SECRET, sampleOf, taskFor } from '../../agent/task.ts'
import { deployRequest, onBed, useGcpBed } from './lab.ts'

const bed = await useGcpBed()
const { target, dispose } = await startTarget({ host: '127.0.0.1', port: 0, httpPort: 0, processes: 1 })
let deployment: Deployment
beforeAll(async () => {
  const { agent } = deployRequest()
  deployment = await onBed(bed).deploy(deployRequest({ agent: { ...agent, secret: SECRET, allowedTargets: [target.iperf3, target.http] } }))
})
afterEach(() => bed.faults.clear())
afterAll(async () => {
  await deployment[Symbol.asyncDispose]()
  await dispose()
  await bed[Symbol.asyncDispose]()
})

const probe = latency({ seconds: 0.2, warmUpMs: 0 })
const invoke = (changes: Partial<TaskContent> = {}) => deployment.invoke(taskFor(target, { probe, ...changes }), { repetition: 0 })
const invocations = (): number => bed.requests.filter(({ operation }) => operation === 'invoke').length

async function failure(changes: Partial<TaskContent> = {}): Promise<NetfairError> {
  const error = await invoke(changes).then(
    () => new Error('answered'),
    (reason: unknown) => reason,
  )
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null })
  for (const secret of [SECRET, target.token ?? '', ...bed.secrets]) expect(shown).not.toContain(secret)
  return error as NetfairError
}

test('an answer has a sample that fits the journal, and no billed time', async () => {
  const result = await invoke()
  expect(sampleOf(result)).toMatchObject({ outcome: 'completed' })
  expect(result.billedMs).toBeUndefined()
})

describe('what is sent again', () => {
  test('what was throttled, until there is an instance; the sample says how often', async () => {
    bed.faults.add({ kind: 'refuse', at: 'invoke', as: 'throttled', times: 2 })
    expect(sampleOf(await invoke())).toMatchObject({ outcome: 'completed', values: { throttledInvokes: 2 } })
  })

  test('not for longer than the others wait', async () => {
    bed.faults.add({ kind: 'refuse', at: 'invoke', as: 'throttled', times: 100 })
    const { code, message } = await failure({ readyTimeoutMs: 1000 })
    expect(code).toBe('INVOCATION_THROTTLED')
    expect(message).toMatch(/\d times/)
  })

  test('what was refused for its token, with another', async () => {
    const tokens = bed.requests.filter(({ operation }) => operation === 'token').length
    bed.faults.add({ kind: 'refuse', at: 'invoke', as: 'expired-token' })
    expect(sampleOf(await invoke())).toMatchObject({ outcome: 'completed' })
    expect(bed.requests.filter(({ operation }) => operation === 'token').length).toBeGreaterThan(tokens)
  })

  test('many that are refused for their token at once, with another', async () => {
    bed.faults.add({ kind: 'refuse', at: 'invoke', as: 'expired-token', times: 2 })
    const results = await Promise.all([invoke(), invoke()])
    for (const result of results) expect(sampleOf(result)).toMatchObject({ outcome: 'completed' })
  })

  test.each([
    ['internal', 'INVOCATION_FAILED'],
    ['unavailable', 'AGENT_DIED'],
    ['permission-denied', 'INVOCATION_FAILED'],
    ['not-found', 'DEPLOYMENT_GONE'],
  ] as const)('nothing else: %s', async (as, code) => {
    bed.faults.add({ kind: 'refuse', at: 'invoke', as })
    const before = invocations()
    expect(await failure()).toMatchObject({ code })
    expect(invocations()).toBe(before + 1)
  })
})

test('an instance that dies', async () => {
  bed.faults.add({ kind: 'crash', afterMs: 50 })
  expect(await failure()).toMatchObject({ code: 'AGENT_DIED' })
})

test("the platform's own time limit", async () => {
  bed.faults.add({ kind: 'timeout', afterMs: 50 })
  expect(await failure()).toMatchObject({ code: 'INVOCATION_TIMEOUT' })
})

test('a sealed task that comes again is refused by the agent', async () => {
  const task = taskFor(target, { probe })
  await deployment.invoke(task, { repetition: 0 })
  const again = await Promise.all([1, 2].map(() => deployment.invoke(task, { repetition: 0 })))
  expect(again.flatMap(({ samples }) => samples.map(({ outcome }) => outcome))).toContain('not-run')
})
