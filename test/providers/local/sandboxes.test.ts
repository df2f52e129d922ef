import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { local } from '../../../src/providers/local.ts'
import { deployRequest, launch, TestLab, taskFor } from './lab.ts'

let lab: TestLab
beforeAll(async () => {
  lab = await TestLab.start({ sharing: 'fifo', uplinkBitsPerSecond: 100e6 }, { memoryMb: 128, concurrency: 8 })
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

const invoke = (params: Record<string, unknown>, invocation: number, deadlineMs?: number): Promise<unknown> =>
  lab.deployment.invoke(taskFor(params, { invocation, ...(deadlineMs === undefined ? {} : { deadlineMs }) }), { repetition: 0 })

test('an agent sees its task, its configuration, the path of programs and nothing else', async () => {
  const { environment, config } = await lab.act({ act: 'echo' })
  expect(environment?.split(',').toSorted()).toEqual(['NETFAIR_AGENT', 'NETFAIR_RUN', 'PATH'])
  expect(JSON.parse(config ?? '')).toEqual({ secret: 'secret', allowedTargets: ['198.19.255.1:5201'], modules: [] })
})

test('stays warm from round to round, and says which host it is on', async () => {
  const [first, second] = [
    await lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 0 }),
    await lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 1 }),
  ]
  expect(first.samples[0]?.instance).toBe(second.samples[0]?.instance)
  expect(first.host).toBe('host-0')
})

describe.concurrent('an agent that', () => {
  test('computes gets 0.085 of a core at 128 MB', async () => {
    const { share } = await lab.act({ act: 'burn', ms: 4000 }, 6)
    expect(Math.abs(Number(share) - 0.0851)).toBeLessThan(0.005)
  })

  const afterwards = async (invocation: number): Promise<void> => {
    expect(await lab.act({ act: 'echo' }, invocation)).toHaveProperty('config')
  }

  test('needs more memory than it has dies of that, and the next task gets a new one', async () => {
    await expect(invoke({ act: 'allocate' }, 1)).rejects.toMatchObject({
      code: 'AGENT_DIED',
      message: expect.stringContaining('out of memory'),
    })
    await afterwards(1)
  })

  test('exits is reported with its code and what it said', async () => {
    await expect(invoke({ act: 'exit', code: 3 }, 2)).rejects.toMatchObject({
      code: 'AGENT_DIED',
      message: expect.stringMatching(/exit code 3.*the fixture ends/s),
    })
    await afterwards(2)
  })

  test('is killed is reported with the signal', async () => {
    await expect(invoke({ act: 'signal', signal: 'SIGKILL' }, 3)).rejects.toMatchObject({
      code: 'AGENT_DIED',
      message: expect.stringContaining('SIGKILL'),
    })
    await afterwards(3)
  })

  test.each([
    ['hang', 4],
    ['spin', 7],
  ])('never answers (%s) is killed after the deadline', async (act, invocation) => {
    await expect(invoke({ act }, invocation, 100)).rejects.toMatchObject({ code: 'INVOCATION_TIMEOUT' })
    await afterwards(invocation)
  })

  test('is no longer wanted ends at once', async () => {
    const controller = new AbortController()
    const invocation = lab.deployment.invoke(taskFor({ act: 'spin' }, { invocation: 5 }), { repetition: 0, signal: controller.signal })
    await expect(invoke({ act: 'echo' }, 5)).rejects.toMatchObject({ code: 'INVOCATION_BUSY' })
    const before = performance.now()
    controller.abort()
    await expect(invocation).rejects.toMatchObject({ code: 'INVOCATION_ABORTED' })
    expect(performance.now() - before).toBeLessThan(1000)
    await afterwards(5)
  })
})

test('one invocation too many has no sandbox', async () => {
  await expect(invoke({ act: 'echo' }, 8)).rejects.toMatchObject({ code: 'INVALID_INVOCATION' })
})

test('idle and total seconds of the host grow', async () => {
  const before = lab.deployment.hostCpu?.()
  await lab.act({ act: 'burn', ms: 100 })
  await expect.poll(() => (lab.deployment.hostCpu?.().totalSeconds ?? 0) - (before?.totalSeconds ?? 0)).toBeGreaterThan(0)
})

test('after its end a deployment is gone, tasks under way included', async () => {
  await using other = await TestLab.start({ sharing: 'none' }, { concurrency: 2 })
  const underWay = other.deployment.invoke(taskFor({ act: 'hang' }), { repetition: 0 })
  const rejected = expect(underWay).rejects.toMatchObject({ code: 'DEPLOYMENT_GONE' })
  await other.deployment[Symbol.asyncDispose]()
  await rejected
  await other.deployment[Symbol.asyncDispose]()
  await expect(other.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 0 })).rejects.toMatchObject({ code: 'DEPLOYMENT_GONE' })
})

test('several deployments share the hosts, and one takes the place of another', async () => {
  await using other = await TestLab.start({ sharing: 'fair', uplinkBitsPerSecond: 100e6 }, { concurrency: 2 }, 3)
  const second = await other.provider.deploy(deployRequest({ memoryMb: 512, concurrency: 1 }))
  expect(second.memoryMb).toBe(512)
  await other.deployment[Symbol.asyncDispose]()
  const third = await other.provider.deploy(deployRequest({ concurrency: 3 }))
  for (const invocation of [0, 1, 2]) {
    const command = ['iperf3', '-c', '198.19.255.1', '-p', String(5201 + invocation), '-n', '64K', '-J']
    const { samples } = await third.invoke(taskFor({ act: 'command', command }, { invocation }), { repetition: 0 })
    expect(JSON.parse(samples[0]?.facts?.['stdout'] ?? '')).toMatchObject({
      end: { sum_received: { bits_per_second: expect.any(Number) } },
    })
  }
})

test.each([
  { placement: 'blocked', expected: { 0: ['host-0', 'host-0'], 1: ['host-1', 'host-1'], 2: ['host-0', 'host-0'] } },
  { placement: 'spread', expected: { 0: ['host-0', 'host-1'], 1: ['host-0', 'host-1'], 2: ['host-0', 'host-1'] } },
] as const)('$placement over two hosts', async ({ placement, expected }) => {
  await using other = await TestLab.start({ sharing: 'none', hosts: 2, placement }, { concurrency: 2 })
  for (const [repetition, hosts] of Object.entries(expected)) {
    const results = await Promise.all(
      [0, 1].map((invocation) => other.deployment.invoke(taskFor({ act: 'echo' }, { invocation }), { repetition: Number(repetition) })),
    )
    expect(results.map(({ host }) => host)).toEqual(hosts)
    expect(new Set(results.map(({ samples }) => samples[0]?.instance)).size).toBe(2)
  }
})

describe('refuses', () => {
  test('a deployment without a lab', async () => {
    await expect(local({ sharing: 'none' }).deploy(deployRequest())).rejects.toMatchObject({ name: 'InputError', code: 'NO_LAB' })
  })

  test('sizes that make no sense, and goes on', async () => {
    await expect(lab.provider.deploy(deployRequest({ memoryMb: 1 }))).rejects.toMatchObject({ code: 'INVALID_MEMORY' })
    await expect(lab.provider.deploy(deployRequest({ concurrency: 1001 }))).rejects.toMatchObject({ code: 'INVALID_CONCURRENCY' })
    await expect(lab.provider.deploy(deployRequest({ concurrency: 993 }))).rejects.toMatchObject({
      message: expect.stringContaining('host-0'),
    })
  })
})

test('describes what it measures with', async () => {
  await expect(lab.provider.check()).resolves.toMatchObject({
    name: 'local',
    tier: 'privileged',
    environment: { congestionControl: 'cubic', topology: 'routed', sharing: 'fifo', uplinkBitsPerSecond: 100e6, hosts: 1, qdiscs: ['tbf'] },
  })
  expect(lab.provider.supports('network-isolation')).toBe(true)
  expect(lab.provider.supports('memory-effects')).toBe(true)
})

test('a target that fails is named', async () => {
  await expect(local({ sharing: 'none' }).targetPlace.start(launch({ host: 'broken' }))).rejects.toMatchObject({
    code: 'TARGET_FAILED',
    message: expect.stringContaining('the target is broken'),
  })
})
