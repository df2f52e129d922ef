import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { TaskContent } from '../../../src/model/sealed-task.ts'
import type { Task } from '../../../src/model/task.ts'
import type { Deployment } from '../../../src/providers/provider.ts'
import { startTarget } from '../../../src/server/target.ts'
import { sampleOf, taskFor } from '../../agent/task.ts'
import type { FaultKind } from '../../test-bed/azure/faults.ts'
import { deployRequest, onBed, useAzureBed } from './bed.ts'
import { disclosed, failureOf } from './disclosure.ts'

const bed = await useAzureBed()
const target = await startTarget({ host: '127.0.0.1', port: 0, httpPort: 0, processes: 1 })
let deployment: Deployment

beforeAll(async () => {
  const { iperf3, http } = target.target
  const agent = { ...deployRequest().agent, allowedTargets: [iperf3, http] }
  deployment = await onBed(bed).deploy(deployRequest({ agent }))
})
afterEach(() => bed.faults.clear())
afterAll(async () => {
  await target.dispose()
  await bed[Symbol.asyncDispose]()
})

const task = (changes: Partial<TaskContent> = {}): Task => taskFor(target.target, changes, deployRequest().agent.secret)
const invoke = (changes: Partial<TaskContent> = {}) => deployment.invoke(task(changes), { repetition: 0 })

test('a task is measured', async () => {
  const before = bed.executions.length
  expect(sampleOf(await invoke())).toMatchObject({ outcome: 'completed' })
  expect(bed.executions.length).toBe(before + 1)
})

describe('an invocation that meets', () => {
  test.each<[FaultKind, string, number?]>([
    ['server-error', 'AGENT_DIED'],
    ['bad-gateway', 'AGENT_DIED'],
    ['unavailable', 'INVOCATION_FAILED'],
    ['dropped', 'INVOCATION_FAILED'],
    ['timeout', 'INVOCATION_TIMEOUT'],
    ['not-found', 'DEPLOYMENT_GONE'],
    ['invalid-token', 'DEPLOYMENT_GONE'],
    ['crash', 'AGENT_DIED'],
    ['hang', 'INVOCATION_TIMEOUT', 100],
  ])('%s is %s, and is sent once', async (kind, code, deadlineMs = 20_000) => {
    const before = bed.requests.length
    bed.faults.next('Http_Invoke', kind)
    const error = await failureOf(invoke({ deadlineMs }))
    expect(error.code).toBe(code)
    expect(error.hint).not.toBe('')
    expect(disclosed(bed, error)).toEqual([])
    expect(bed.requests.length).toBe(before + 1)
  })

  test('too little room for a while is measured later, and says how often it was refused', async () => {
    bed.faults.next('Http_Invoke', 'throttled', { times: 2, retryAfterSeconds: 0 })
    expect(sampleOf(await invoke())).toMatchObject({ outcome: 'completed', values: { throttledInvokes: 2 } })
  })

  test('too little room for as long as others wait is INVOCATION_THROTTLED', async () => {
    bed.faults.next('Http_Invoke', 'throttled', { times: 99, retryAfterSeconds: 0 })
    const error = await failureOf(invoke({ readyTimeoutMs: 1500 }))
    expect(error).toMatchObject({ code: 'INVOCATION_THROTTLED', message: expect.stringMatching(/2 times/) })
  })

  test('a cold start waits', async () => {
    bed.faults.next('Http_Invoke', 'cold-start', { delayMs: 500 })
    expect(sampleOf(await invoke())).toMatchObject({ outcome: 'completed' })
  })
})

test('a task that may take longer than the front end waits is not sent', async () => {
  const before = bed.requests.length
  expect(await failureOf(invoke({ deadlineMs: 231_000 }))).toMatchObject({ code: 'INVOCATION_TOO_LONG' })
  expect(bed.requests.length).toBe(before)
})
