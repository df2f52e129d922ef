import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf } from '../../../src/analysis/colocation/contention-statistic.ts'
import type { CompletedSample, Sample } from '../../../src/model/journal-record.ts'
import { builtInProbes } from '../../../src/probes/built-in.ts'
import { contention } from '../../../src/probes/contention/contention.ts'
import { type StartedTarget, startTarget } from '../../../src/server/target.ts'
import { AgentProcess, type Bundle, buildBundle } from '../../agent/agent-process.ts'
import { configFor, newRound, sampleOf, taskFor } from '../../agent/task.ts'

const params = { windowMs: 600, listenBitsPerSecond: 2e6, sendBitsPerSecond: 40e6, streams: 4 }

let bundle: Bundle
let started: StartedTarget
let agents: readonly AgentProcess[]
beforeAll(async () => {
  bundle = await buildBundle()
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  agents = [0, 1].map(() => new AgentProcess(bundle.path, configFor(started.target)))
})
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]()
  await started.dispose()
  await bundle[Symbol.asyncDispose]()
})

async function tested(senders: readonly string[]): Promise<readonly Sample[]> {
  const shared = { round: newRound(), concurrency: 2, probe: contention({ ...params, senders }) }
  const replies = await Promise.all(agents.map((agent, invocation) => agent.run(taskFor(started.target, { ...shared, invocation }))))
  return replies.map(sampleOf)
}

test('is built in, downloads only, and lasts three windows', () => {
  const probe = contention({ ...params, senders: [] })
  expect(probe).toMatchObject({ name: 'contention', directions: ['download'], expectedMs: 1800 })
  expect(builtInProbes.get('contention')?.version).toBe(probe.version)
  expect(probe.withParams({ windowMs: 1000 }).expectedMs).toBe(3000)
})

test('all listen in all windows, who is named sends in the second; never more than was said', async () => {
  const silent = await tested([])
  for (const sample of silent) {
    expect(sample, JSON.stringify(sample)).toMatchObject({ outcome: 'completed', values: { sends: 0, loadBytes: 0 } })
    const { intervals = [], startedAtMs, bytes = 0 } = sample as CompletedSample
    expect(blocksOf(intervals, startedAtMs, params.windowMs)).toBeDefined()
    expect(bytes).toBeLessThanOrEqual(1.25 * ((2e6 * 1.8) / 8))
  }
  const [one] = silent
  const [sends, listens] = await tested([one?.instance ?? '', 'somebody-who-is-not-there'])
  expect(sends).toMatchObject({ outcome: 'completed', instance: one?.instance, values: { sends: 1 } })
  expect(listens).toMatchObject({ outcome: 'completed', values: { sends: 0, loadBytes: 0 } })
  const { bytes = 0, values = {} } = sends as CompletedSample
  const most = (40e6 * 0.6) / 8
  expect(values['loadBytes']).toBeGreaterThan(0)
  expect(values['loadBytes']).toBeLessThanOrEqual(1.25 * most)
  // Its own series is that of what it heard.
  const heard = (sends?.intervals ?? []).reduce((sum, [, , moved]) => sum + moved, 0)
  expect(bytes - (values['loadBytes'] ?? 0)).toBe(heard)
})

test('a target that is gone is a failure of the function', async () => {
  const gone = { iperf3: '127.0.0.1:1', http: started.target.http, ...(started.target.token && { token: started.target.token }) }
  const own = configFor(started.target)
  const config = { ...own, allowedTargets: ['127.0.0.1:1', ...own.allowedTargets] }
  await using agent = new AgentProcess(bundle.path, config)
  const probe = contention({ ...params, senders: [] })
  const reply = await agent.run(taskFor(gone, { probe, rendezvous: started.target }))
  expect(sampleOf(reply)).toMatchObject({ outcome: 'not-run', error: { code: 'TARGET_UNREACHABLE' } })
})
