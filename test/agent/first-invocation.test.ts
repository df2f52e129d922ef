import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Task } from '../../src/model/task.ts'
import { latency } from '../../src/probes/latency/latency.ts'
import { cgroupPlaces } from '../../src/providers/local/cgroup-place.ts'
import { local } from '../../src/providers/local.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { removed } from '../run/planted-host.ts'
import { AgentProcess, type Bundle, buildBundle } from './agent-process.ts'
import { type ScriptedHttp, scriptedHttp } from './scripted-http.ts'
import { configFor, newRound, SECRET, sampleOf, taskFor } from './task.ts'

const LATENCY: Task['probe'] = { name: 'latency', version: '1.0.0', params: { seconds: 0.2, intervalMs: 20 } }
const plant = (): string => `planted-${randomBytes(12).toString('hex')}`

let bundle: Bundle
let started: StartedTarget
beforeAll(async () => {
  bundle = await buildBundle()
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(async () => {
  await started.dispose()
  await bundle[Symbol.asyncDispose]()
})

const answering = (body: string): Promise<ScriptedHttp> =>
  scriptedHttp((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nMetadata-Flavor: Google\r\n\r\n${body}`))
const google = ({ origin }: ScriptedHttp) => ({ K_SERVICE: 'netfair', GCE_METADATA_HOST: new URL(origin).host })

test('a metadata service that hangs holds up neither the start of a round nor a later one', async () => {
  await using silent = await scriptedHttp(() => {})
  await using prompt = await answering('00bf4bf02d1f')
  await using held = new AgentProcess(bundle.path, configFor(started.target), google(silent))
  await using free = new AgentProcess(bundle.path, configFor(started.target), google(prompt))
  await Promise.all([held.ready, free.ready])
  const roundOf = async () => {
    const shared = { round: newRound(), concurrency: 2, probe: LATENCY }
    const before = performance.now()
    const replies = await Promise.all(
      [held, free].map((agent, invocation) => agent.run(taskFor(started.target, { ...shared, invocation }))),
    )
    return { samples: replies.map(sampleOf), ms: performance.now() - before }
  }
  const [first, second] = [await roundOf(), await roundOf()]
  for (const { samples } of [first, second]) {
    expect(samples.map(({ outcome }) => outcome)).toEqual(['completed', 'completed'])
    const [a = 0, b = 0] = samples.map(({ startedAtMs }) => startedAtMs)
    expect(Math.abs(a - b)).toBeLessThan(50)
    expect(samples.map(({ facts }) => facts?.['metadata/computeMetadata/v1/instance/id'])).toEqual([undefined, '00bf4bf02d1f'])
  }
  expect([silent.requests.length, prompt.requests.length]).toEqual([1, 1])
  // The deadline is 200 ms; loading the probe is in the first one, too.
  expect(first.ms - second.ms).toBeLessThan(700)
})

test('what is planted in environment, configuration, metadata and cgroup shows nowhere', async () => {
  const [name, storage, known] = [plant(), plant(), SECRET]
  const planted = [name, storage, known]
  await using metadata = await answering(
    JSON.stringify({ AvailabilityZoneID: 'euc1-az2', echo: name, other: storage, secret: 'planted-too' }),
  )
  const [place] = cgroupPlaces()
  if (place === undefined) throw new Error('There is no cgroup here.')
  const group = join(place.cpu, `${known}-${name}`)
  mkdirSync(group)
  try {
    await using agent = new AgentProcess(bundle.path, configFor(started.target), {
      SOME_API_TOKEN: name,
      AzureWebJobsStorage: `AccountName=a;AccountKey=${storage}`,
      STORAGE_ACCESS_KEY: storage,
      HOSTNAME: `box-${storage}`,
      AWS_LAMBDA_METADATA_API: new URL(metadata.origin).host,
      AWS_LAMBDA_METADATA_TOKEN: name,
    })
    await agent.ready
    writeFileSync(join(group, 'cgroup.procs'), String(agent.child.pid))
    const reply = await agent.run(taskFor(started.target, { probe: LATENCY }))
    const { facts } = sampleOf(reply)
    expect(facts?.['proc/self/cgroup']).toMatch(/[[]secret]-[[]secret]/)
    expect(facts).toMatchObject({
      'metadata/execution-environment': '{"AvailabilityZoneID":"euc1-az2","echo":"[secret]","other":"[secret]"}',
      'env/HOSTNAME': 'box-[secret]',
    })
    const refused = await agent.run(taskFor(started.target, { probe: LATENCY }, 'another-secret'))
    expect(sampleOf(refused)).toMatchObject({ outcome: 'not-run', error: { code: 'TASK_REFUSED' } })
    for (const secret of [...planted, 'planted-too']) {
      expect(agent.stdout).not.toContain(secret)
      expect(agent.stderr).not.toContain(secret)
    }
  } finally {
    await expect.poll(() => removed(group), { timeout: 5000 }).toBe(true)
  }
})

test('on the local host nobody is asked, whatever the environment of the run names', async () => {
  await using metadata = await answering('{"AvailabilityZoneID":"euc1-az2"}')
  const { host } = new URL(metadata.origin)
  const named = { AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: 'planted-token', K_SERVICE: 'netfair', GCE_METADATA_HOST: host }
  Object.assign(process.env, named)
  try {
    const provider = local({ sharing: 'none', tier: 'plain' })
    const shape = { memoryMb: [256], concurrency: [2], repetitions: 1 }
    const { samples } = await run(defineExperiment({ provider, probe: latency({ seconds: 0.3 }), ...shape }))
    expect(samples.map(({ outcome }) => outcome)).toEqual(['completed', 'completed'])
    expect(samples.flatMap(({ facts = {} }) => Object.keys(facts)).filter((key) => key.startsWith('metadata/'))).toEqual([])
    expect(metadata.requests).toEqual([])
  } finally {
    for (const name of Object.keys(named)) delete process.env[name]
  }
})
