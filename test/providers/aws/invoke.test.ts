import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AwsOptions } from '../../../src/providers/aws.ts'
import type { Deployment, DeployRequest, InvocationResult } from '../../../src/providers/provider.ts'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import type { AwsBed } from '../../test-bed/aws.ts'
import { askedSince, deployRequest, onBed, taskFor, useAwsBed } from './lab.ts'

let bed: AwsBed
let server: StartedTarget
const deployments: Deployment[] = []

beforeAll(async () => {
  bed = await useAwsBed({ settleMs: 20 })
  server = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterEach(async () => {
  bed.faults.clear()
  await Promise.all(deployments.splice(0).map((deployment) => deployment[Symbol.asyncDispose]()))
})
afterAll(async () => {
  await server?.dispose()
  await bed?.[Symbol.asyncDispose]()
})

async function deploy(request: Partial<DeployRequest> = {}, options?: AwsOptions): Promise<Deployment> {
  const { iperf3, http } = server.target
  const { agent } = deployRequest()
  const deployment = await onBed(bed, options).deploy(deployRequest({ agent: { ...agent, allowedTargets: [iperf3, http] }, ...request }))
  deployments.push(deployment)
  return deployment
}

const invoke = (deployment: Deployment, changes: Parameters<typeof taskFor>[1] = {}, signal?: AbortSignal): Promise<InvocationResult> =>
  deployment.invoke(taskFor(server.target, changes), { repetition: 0, ...(signal && { signal }) })

const invokesSince = (count: number): number => askedSince(bed, count, /^Invoke$/).length

describe('an invocation', () => {
  test('says what it costs, cold and warm', async () => {
    const deployment = await deploy()
    const cold = await invoke(deployment)
    const warm = await invoke(deployment)
    const [first, second] = [cold.samples[0], warm.samples[0]]
    expect(first).toMatchObject({ outcome: 'completed', coldStart: true, initMs: expect.any(Number), memoryUsedMb: expect.any(Number) })
    expect(second).toMatchObject({ outcome: 'completed', coldStart: false, instance: first?.instance })
    expect(second).not.toHaveProperty('initMs')
    expect(cold.billedMs).toBeGreaterThanOrEqual((first?.durationMs ?? 0) + (first?.initMs ?? 0) - 1)
    expect(warm.billedMs).toBeGreaterThanOrEqual(Math.floor(second?.durationMs ?? 0))
    expect(cold).not.toHaveProperty('host')
  })

  test('that is throttled comes again, and says so', async () => {
    const deployment = await deploy()
    bed.faults.fail('Invoke', 'throttled', { times: 2 })
    const { samples } = await invoke(deployment)
    expect(samples[0]).toMatchObject({ outcome: 'completed', values: { throttledInvokes: 2 } })
  })

  test('that is throttled for longer than the others wait is given up', async () => {
    const deployment = await deploy()
    bed.faults.fail('Invoke', 'throttled', { times: 1000 })
    await expect(invoke(deployment, { readyTimeoutMs: 1500 })).rejects.toMatchObject({
      code: 'INVOCATION_THROTTLED',
      message: expect.stringContaining('CallerRateLimitExceeded'),
      billedMs: 0,
    })
  })

  test.each([
    ['serverError', 'INVOCATION_FAILED'],
    ['unavailable', 'INVOCATION_FAILED'],
    ['expiredToken', 'INVOCATION_FAILED'],
    ['accessDenied', 'INVOCATION_FAILED'],
    ['notFound', 'DEPLOYMENT_GONE'],
  ] as const)('that meets %s is not sent again', async (kind, code) => {
    const deployment = await deploy()
    const before = bed.requests.length
    bed.faults.fail('Invoke', kind)
    const error = await invoke(deployment).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'MeasurementError', code })
    expect(invokesSince(before)).toBe(1)
    const shown = inspect(error, { depth: null, showHidden: true })
    for (const secret of ['PLANTED-S3CR3T', server.target.token ?? '', ...bed.secrets]) expect(shown).not.toContain(secret)
  })

  test('whose process is killed is AGENT_DIED, one that takes too long INVOCATION_TIMEOUT', async () => {
    const deployment = await deploy({}, { timeoutSeconds: 60 })
    bed.faults.crash()
    await expect(invoke(deployment)).rejects.toMatchObject({ code: 'AGENT_DIED', billedMs: expect.any(Number) })
    bed.faults.timeOut()
    await expect(invoke(deployment)).rejects.toMatchObject({
      code: 'INVOCATION_TIMEOUT',
      message: expect.stringContaining('60.00 seconds'),
      billedMs: expect.any(Number),
    })
    expect((await invoke(deployment)).samples[0]?.outcome).toBe('completed')
  })

  test('that Lambda would cut off is refused, by check and by itself', async () => {
    const deployment = await deploy({}, { timeoutSeconds: 10 })
    await expect(invoke(deployment, { deadlineMs: 20_000 })).rejects.toMatchObject({ code: 'INVOCATION_TOO_LONG' })
    await expect(onBed(bed, { timeoutSeconds: 10 }).check({ invocationMs: 20_000 })).rejects.toMatchObject({ code: 'INVOCATION_TOO_LONG' })
  })

  test('that gets no answer ends with its deadline', async () => {
    const deployment = await deploy()
    void bed.faults.hang('Invoke')
    await expect(invoke(deployment, { deadlineMs: 100 })).rejects.toMatchObject({ code: 'INVOCATION_TIMEOUT' })
  })

  test('ends with an abort, also while it waits to be sent again', async () => {
    const deployment = await deploy()
    bed.faults.fail('Invoke', 'throttled', { times: 1000 })
    await expect(invoke(deployment, {}, AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'INVOCATION_ABORTED' })
  })

  test('says when its function was removed by somebody else', async () => {
    const deployment = await deploy()
    const same = await deploy()
    await same[Symbol.asyncDispose]()
    await expect(invoke(deployment)).rejects.toMatchObject({ code: 'DEPLOYMENT_GONE' })
  })

  test('has a connection of its own among many', async () => {
    const deployment = await deploy({ concurrency: 100 })
    const before = bed.requests.length
    void bed.faults.hang('Invoke', { times: 100 })
    const outcomes = Promise.allSettled(Array.from({ length: 100 }, () => invoke(deployment)))
    // None is answered: were there fewer connections, some would never come.
    await expect.poll(() => invokesSince(before), { timeout: 20_000 }).toBe(100)
    await deployment[Symbol.asyncDispose]()
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DEPLOYMENT_GONE' } })
  })
})
