import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sample } from '../../src/model/journal-record.ts'
import type { TaskContent } from '../../src/model/sealed-task.ts'
import type { Task } from '../../src/model/task.ts'
import type { Deployment, Provider } from '../../src/providers/provider.ts'
import { agentBundle } from '../../src/run/built-program.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import * as aws from '../providers/aws/lab.ts'
import * as azure from '../providers/azure/bed.ts'
import * as gcp from '../providers/gcp/lab.ts'
import { SECRET, sampleOf, taskFor } from './task.ts'

const NAP = new URL('../providers/cloud/fixtures/probe-in-experiment.ts', import.meta.url).href
const LATENCY: Task['probe'] = { name: 'latency', version: '1.0.0', params: { seconds: 0.3, intervalMs: 20 } }
const nap = (mode: string): Task['probe'] => ({ name: 'nap', version: '1.2.0', params: { mode }, module: NAP })

interface Bed extends AsyncDisposable {
  readonly secrets: readonly string[]
}

const clouds: Readonly<Record<'aws' | 'gcp' | 'azure', () => Promise<readonly [Bed, Provider]>>> = {
  aws: async () => {
    const bed = await aws.useAwsBed()
    return [bed, aws.onBed(bed)]
  },
  gcp: async () => {
    const bed = await gcp.useGcpBed()
    return [bed, gcp.onBed(bed)]
  },
  azure: async () => {
    const bed = await azure.useAzureBed()
    return [bed, azure.onBed(bed)]
  },
}

let started: StartedTarget
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(() => started.dispose())

describe.each(Object.keys(clouds) as (keyof typeof clouds)[])('the agent as deployed on %s', (cloud) => {
  let bed: Bed
  let deployment: Deployment
  beforeAll(async () => {
    const [own, provider] = await clouds[cloud]()
    bed = own
    const { iperf3, http } = started.target
    const agent = { bundle: agentBundle(cloud), secret: SECRET, allowedTargets: [iperf3, http], modules: [NAP] }
    deployment = await provider.deploy({ runId: 'entries', memoryMb: 512, concurrency: 1, agent })
  })
  afterAll(async () => {
    await deployment?.[Symbol.asyncDispose]()
    await bed?.[Symbol.asyncDispose]()
  })

  /** The sample, whose reply has no secret in it: of the deployment, of the target, of the cloud. */
  async function sampleFrom(task: Task): Promise<Sample> {
    const reply = await deployment.invoke(task, { repetition: 0 })
    const text = JSON.stringify(reply)
    for (const secret of [SECRET, started.target.token ?? SECRET, ...bed.secrets]) expect(text.includes(secret)).toBe(false)
    expect(text).not.toContain('NETFAIR_AGENT')
    return sampleOf(reply)
  }
  const of = (changes: Partial<TaskContent> = {}, secret?: string): Task => taskFor(started.target, { probe: LATENCY, ...changes }, secret)

  test('measures, and says what its cold start took', async () => {
    const first = await sampleFrom(of())
    expect(first, JSON.stringify(first)).toMatchObject({ outcome: 'completed', coldStart: true, initMs: expect.any(Number) })
    const second = await sampleFrom(of())
    expect(second).toMatchObject({ outcome: 'completed', coldStart: false, instance: first.instance })
    expect(second.initMs).toBeUndefined()
  })

  const elsewhere = { iperf3: '192.0.2.1:5201', http: 'http://192.0.2.1:5202', token: 'planted-elsewhere' }
  const changed = (): Task => ({ ...of(), direction: 'upload' })
  test.each<readonly [what: string, task: () => Task, why: RegExp]>([
    ['sealed with another secret', () => of({}, 'another-secret'), /not sealed with the secret/],
    ['changed after it was sealed', changed, /not sealed with the secret/],
    ['that has expired', () => of({ expiresAtMs: Date.now() - 60_000 }), /expired/],
    ['for another target', () => of({ target: elsewhere }), /target 192\.0\.2\.1:5201 is not among those it may talk to/],
    ['with another rendezvous', () => of({ rendezvous: elsewhere }), /rendezvous 192\.0\.2\.1:5201 is not among/],
    [
      'with a module that it was not deployed with',
      () => of({ probe: { ...nap('measure'), module: 'file:///etc/passwd' } }),
      /not among those/,
    ],
  ])('refuses a task %s', async (_, task, why) => {
    const sample = await sampleFrom(task())
    expect(sample).toMatchObject({ outcome: 'not-run', error: { code: 'TASK_REFUSED', message: expect.stringMatching(why) } })
    expect(JSON.stringify(sample)).not.toContain('planted-elsewhere')
  })

  test('takes a task once', async () => {
    const task = of()
    expect(await sampleFrom(task)).toMatchObject({ outcome: 'completed' })
    expect(await sampleFrom(task)).toMatchObject({ outcome: 'not-run', error: { code: 'TASK_REFUSED' } })
  })

  test('runs a probe of one’s own out of its package, which finds no configuration in its environment', async () => {
    const sample = await sampleFrom(of({ probe: nap('environment') }))
    expect(sample, JSON.stringify(sample)).toMatchObject({ outcome: 'completed', values: { configured: 0, hasRoot: 1 } })
    expect(await sampleFrom(of({ probe: nap('fail') }))).toMatchObject({
      outcome: 'failed',
      error: { code: 'NO_NAP', message: 'It was too loud.' },
    })
  })
})
