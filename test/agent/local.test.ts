import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_BUNDLE_BYTES } from '../../scripts/bundle-agent.ts'
import type { Target } from '../../src/model/target.ts'
import type { Task } from '../../src/model/task.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { AgentProcess, type Bundle, buildBundle } from './agent-process.ts'
import { configFor, newRound, SECRET, sampleOf, samplesOf, taskFor } from './task.ts'

let bundle: Bundle
let started: StartedTarget
let target: Target
beforeAll(async () => {
  bundle = await buildBundle()
  started = await startTarget({ port: 0, httpPort: 0, processes: 2 })
  target = started.target
})
afterAll(async () => {
  await started?.dispose()
  await bundle?.[Symbol.asyncDispose]()
})

const agentFor = (to: Target, environment?: Record<string, string>) => new AgentProcess(bundle.path, configFor(to, [OWN]), environment)
const OWN = new URL('own-probe.ts', import.meta.url).href
const own = (mode: string): Task['probe'] => ({ name: 'own', version: '1.0.0', params: { mode }, module: OWN })

/** A loopback port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

test('the bundle is one small file without dependencies', async () => {
  expect(bundle.bytes).toBeLessThanOrEqual(MAX_BUNDLE_BYTES)
})

describe('a round', () => {
  test.each(['download', 'upload', 'both'] as const)('of 4 functions together, %s', async (direction) => {
    await using agents = new AsyncDisposableStack()
    const four = [0, 1, 2, 3].map(() => agents.use(agentFor(target)))
    const round = newRound()
    const replies = await Promise.all(
      four.map((agent, invocation) => agent.run(taskFor(target, { round, invocation, concurrency: 4, direction }))),
    )
    const samples = replies.flatMap((reply) => samplesOf(reply))
    expect(samples).toHaveLength(direction === 'both' ? 8 : 4)
    expect(new Set(replies.map(({ startAtMs }) => startAtMs)).size).toBe(1)
    expect(new Set(samples.map(({ instance }) => instance)).size).toBe(4)
    for (const sample of samples) {
      expect(sample.outcome, JSON.stringify(sample)).toBe('completed')
      expect(sample.bytes).toBeGreaterThan(0)
      expect(sample.cpuMs?.user ?? 0).toBeGreaterThanOrEqual(0)
      expect(sample.startedAtMs).toBeGreaterThanOrEqual(replies[0]?.startAtMs ?? Number.POSITIVE_INFINITY)
    }
    const latestStart = Math.max(...samples.map(({ startedAtMs = 0 }) => startedAtMs))
    const earliestEnd = Math.min(...samples.map(({ endedAtMs = 0 }) => endedAtMs))
    expect(earliestEnd).toBeGreaterThan(latestStart)
  })

  test('goes on without the one that is never ready', async () => {
    const round = newRound()
    const shared = { round, concurrency: 3, readyTimeoutMs: 500 }
    const absent: Target = { ...target, iperf3: `127.0.0.1:${await freePort()}` }
    await using agents = new AsyncDisposableStack()
    const present = [0, 1].map(() => agents.use(agentFor(target)))
    const lost = agents.use(
      new AgentProcess(bundle.path, { ...configFor(target), allowedTargets: [absent.iperf3, target.iperf3, target.http] }),
    )
    const [last, ...replies] = await Promise.all([
      lost.run(taskFor(absent, { ...shared, invocation: 2, rendezvous: target })),
      ...present.map((agent, invocation) => agent.run(taskFor(target, { ...shared, invocation }))),
    ])
    expect(replies.map((reply) => sampleOf(reply).outcome)).toEqual(['completed', 'completed'])
    expect(sampleOf(last)).toMatchObject({ outcome: 'not-run', error: { code: 'TARGET_UNREACHABLE' } })
  })
})

test('a probe may run the program iperf3, against an allowed target only; its CPU is counted', async () => {
  const real = `127.0.0.1:${await freePort()}`
  const server = spawn('iperf3', ['-s', '-B', '127.0.0.1', '-p', real.split(':')[1] as string, '--forceflush'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(server.stdout, 'data')
    await using agent = new AgentProcess(bundle.path, { ...configFor(target), allowedTargets: [real, target.iperf3, target.http] })
    const probe = iperf3({ seconds: 1, engine: 'binary' })
    const sample = sampleOf(await agent.run(taskFor({ iperf3: real, http: target.http }, { rendezvous: target, probe })))
    expect(sample.outcome, JSON.stringify(sample)).toBe('completed')
    expect(sample.cpuMs?.system).toBeGreaterThanOrEqual(20)
  } finally {
    server.kill('SIGKILL')
  }
})

describe('a task that the agent was not made for is refused, and says why', () => {
  test.each<[string, (to: Target) => Partial<Task>]>([
    ['expired', () => ({ expiresAtMs: Date.now() - 1000 })],
    ['no probe "ftp"', () => ({ probe: { name: 'ftp', version: '1.0.0', params: {} } })],
    ['version', (to) => ({ probe: { ...taskFor(to).probe, version: '0.0.1' } })],
    ['version', () => ({ probe: { ...own('measure'), version: '0.0.1' } })],
    ['module', () => ({ probe: { name: 'own', version: '1.0.0', params: {}, module: 'file:///tmp/another.js' } })],
    ['target 198.18.0.9:5201', (to) => ({ target: { ...to, iperf3: '198.18.0.9:5201' } })],
    ['target http://198.18.0.9:5202', (to) => ({ target: { ...to, http: 'http://198.18.0.9:5202' } })],
    ['rendezvous http://198.18.0.9:5202', (to) => ({ rendezvous: { ...to, http: 'http://198.18.0.9:5202' } })],
  ])('%s', async (reason, changes) => {
    await using agent = agentFor(target)
    const reply = await agent.run(taskFor(target, changes(target)))
    expect(sampleOf(reply)).toMatchObject({ outcome: 'not-run', error: { code: 'TASK_REFUSED', message: expect.stringContaining(reason) } })
    expect(JSON.stringify(reply)).not.toContain(SECRET)
  })

  test('one of another secret, changed after it was sealed, or given again', async () => {
    await using agent = agentFor(target)
    const answer = async (task: Task) => sampleOf(await agent.run(task))
    const refusedFor = (reason: string) => ({
      outcome: 'not-run',
      error: { code: 'TASK_REFUSED', message: expect.stringContaining(reason) },
    })
    const task = taskFor(target, { probe: own('measure') })
    expect(await answer(taskFor(target, {}, 'another secret'))).toMatchObject(refusedFor('not sealed'))
    for (const change of [{ invocation: 1 }, { expiresAtMs: task.expiresAtMs + 1 }, { seal: task.seal.slice(1) }])
      expect(await answer({ ...task, ...change })).toMatchObject(refusedFor('not sealed'))
    expect(await answer(task)).toMatchObject({ outcome: 'completed' })
    expect(await answer(task)).toMatchObject(refusedFor('before'))
    expect(await answer(taskFor(target, { round: task.round, attempt: 1, probe: own('measure') }))).toMatchObject({ outcome: 'completed' })
  })

  test('who does not know the secret learns nothing about the instance', async () => {
    await using agent = agentFor(target)
    const sample = sampleOf(await agent.run(taskFor(target, {}, 'guessed')))
    expect(sample).not.toHaveProperty('facts')
    expect(sample).not.toHaveProperty('instance')
  })
})

describe('targets that fail', () => {
  test.each([
    ['missing', undefined],
    ['wrong', 'wrong-token'],
  ])('token %s', async (_, token) => {
    await using agent = agentFor(target)
    const { token: _right, ...open } = target
    const wrong = token === undefined ? open : { ...open, token }
    const rendezvous = sampleOf(await agent.run(taskFor(wrong)))
    expect(rendezvous).toMatchObject({ outcome: 'not-run', error: { code: 'TARGET_REFUSED' } })
    const bytes = sampleOf(await agent.run(taskFor(wrong, { rendezvous: target, readyTimeoutMs: 100 })))
    expect(bytes.outcome).not.toBe('completed')
    expect(JSON.stringify([rendezvous, bytes])).not.toContain('wrong-token')
  })

  test('not there', async () => {
    const absent: Target = { iperf3: `127.0.0.1:${await freePort()}`, http: `http://127.0.0.1:${await freePort()}` }
    await using agent = agentFor(absent)
    expect(sampleOf(await agent.run(taskFor(absent)))).toMatchObject({ outcome: 'not-run', error: { code: 'TARGET_UNREACHABLE' } })
  })

  test('killed in the middle of the measurement', async () => {
    const entry = fileURLToPath(new URL('../../src/server/entry.ts', import.meta.url))
    const server = spawn(process.execPath, [entry, JSON.stringify({ port: 0, httpPort: 0, processes: 1 })], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    try {
      const [line] = (await once(server.stdout, 'data')) as [Buffer]
      const mortal = JSON.parse(line.toString()) as Target
      await using agent = agentFor(mortal)
      const reply = agent.run(taskFor(mortal, { probe: iperf3({ seconds: 30 }), deadlineMs: 8000 }))
      await movesBytes(mortal)
      process.kill(-(server.pid as number), 'SIGKILL')
      const sample = sampleOf(await reply)
      expect(sample).toMatchObject({ outcome: 'failed', startedAtMs: expect.any(Number), error: { code: expect.any(String) } })
      expect(sample.durationMs).toBeLessThan(9000)
    } finally {
      if (server.exitCode === null && server.signalCode === null) process.kill(-(server.pid as number), 'SIGKILL')
    }
  })
})

/** Resolves as soon as a target has sent bytes. */
async function movesBytes({ http, token }: Target): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const health = (await (await fetch(`${http}/health`, { headers: { authorization: `Bearer ${token}` } })).json()) as {
      bytesSent: number
    }
    if (health.bytesSent > 1_000_000) return
  }
  throw new Error('the target sent nothing within 10 s')
}

describe('a probe of one’s own', () => {
  test('runs from its module; what it prints stays out of the protocol', async () => {
    await using agent = agentFor(target)
    const sample = sampleOf(await agent.run(taskFor(target, { probe: own('measure') })))
    expect(sample).toMatchObject({ outcome: 'completed', values: { answer: 42 } })
    expect(agent.stderr).toContain('printed by the probe')
    expect(agent.stdout).not.toContain('printed by the probe')
  })

  test('that never ends and ignores its signal ends at the deadline; the agent takes the next task', async () => {
    await using agent = agentFor(target)
    const sample = sampleOf(await agent.run(taskFor(target, { probe: own('never'), deadlineMs: 3000 })))
    expect(sample).toMatchObject({ outcome: 'failed', error: { code: 'DEADLINE' } })
    expect(sample.durationMs).toBeLessThan(8000)
    expect(sampleOf(await agent.run(taskFor(target, { probe: own('measure') })))).toMatchObject({ outcome: 'completed', coldStart: false })
  })

  test('finds neither the secret nor the configuration in its environment', async () => {
    await using agent = agentFor(target)
    const sample = sampleOf(await agent.run(taskFor(target, { probe: own('environment') })))
    expect(sample).toMatchObject({ values: { configured: 0 } })
  })

  test('whose stray error kills the agent is told on standard error', async () => {
    await using agent = agentFor(target)
    await expect(agent.run(taskFor(target, { probe: own('stray') }))).rejects.toThrow('stray error of the probe')
    expect(await agent.exited).toBe(1)
  })
})

test('secrets of the environment never appear in a reply', async () => {
  const planted = {
    AWS_SECRET_ACCESS_KEY: 'planted-aws-key',
    AWS_SESSION_TOKEN: 'planted-session',
    AWS_LAMBDA_METADATA_TOKEN: 'planted-metadata',
    MSI_SECRET: 'planted-msi',
    CONTAINER_ENCRYPTION_KEY: 'planted-container',
    GOOGLE_APPLICATION_CREDENTIALS: 'planted-google',
    DATABASE_URL: 'planted-database',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]786a',
  }
  await using agent = agentFor(target, planted)
  const reply = await agent.run(taskFor(target))
  expect(sampleOf(reply)).toMatchObject({ outcome: 'completed', facts: { 'env/AWS_LAMBDA_LOG_STREAM_NAME': '2026/11/22/[$LATEST]786a' } })
  expect(JSON.stringify(reply)).not.toContain('planted')
  expect(JSON.stringify(reply)).not.toContain(target.token)
})

describe('the process', () => {
  test('ends when its input closes: idle, and during a task', async () => {
    await using idle = agentFor(target)
    await idle.ready
    idle.child.stdin.end()
    expect(await idle.exited).toBe(0)

    await using busy = agentFor(target)
    const reply = busy.run(taskFor(target, { probe: own('never'), deadlineMs: 60_000 }))
    await once(busy.child.stderr, 'data')
    busy.child.stdin.end()
    await expect(reply).rejects.toThrow('ended with 0')
  })

  test.each([
    ['no', undefined],
    ['broken', '{'],
    ['incomplete', '{"secret":"x"}'],
  ])('%s configuration: exit code 2 and a message', async (_, text) => {
    await using agent = new AgentProcess(bundle.path, text)
    expect(await agent.exited).toBe(2)
    expect(agent.stderr).toContain('NETFAIR_AGENT must be JSON')
  })

  test('a line that is no task ends it with a message', async () => {
    await using agent = agentFor(target)
    agent.child.stdin.write('{"id":1,"task":{"seal":"planted-in-task","expiresAtMs":1}}\n')
    expect(await agent.exited).toBe(1)
    expect(agent.stderr).toContain('"run" must be a text')
    expect(agent.stderr).not.toContain('planted')
  })

  test('tasks are taken one after the other', async () => {
    await using agent = agentFor(target)
    const samples = await Promise.all([1, 2, 3].map(async () => sampleOf(await agent.run(taskFor(target, { probe: own('measure') })))))
    samples.reduce((before, after) => {
      expect(after.startedAtMs).toBeGreaterThanOrEqual(before.endedAtMs ?? Number.POSITIVE_INFINITY)
      return after
    })
  })
})
