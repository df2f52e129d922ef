import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import type { Sample } from '../../src/model/journal-record.ts'
import { sealTask, type TaskContent } from '../../src/model/sealed-task.ts'
import type { Target } from '../../src/model/target.ts'
import type { AgentConfig, AgentReply, Task } from '../../src/model/task.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'

export const SECRET = 'planted-deploy-secret'

/** A config for an agent that may talk to a target. */
export function configFor(target: Target, modules: readonly string[] = []): AgentConfig {
  return { secret: SECRET, allowedTargets: [target.iperf3, target.http], modules }
}

const IPERF3: Task['probe'] = iperf3({ seconds: 0.5 })

let rounds = 0

/** Id of a round that no other test uses. */
export const newRound = (): string => `round-${process.pid}-${++rounds}`

/** A task for one function alone, of a half-second download, unless told otherwise. */
export function taskFor(target: Target, changes: Partial<TaskContent> = {}, secret: string = SECRET): Task {
  const content: TaskContent = {
    run: 'test',
    round: newRound(),
    attempt: 0,
    invocation: 0,
    concurrency: 1,
    direction: 'download',
    probe: IPERF3,
    target,
    targetIndex: 0,
    rendezvous: target,
    readyTimeoutMs: 5000,
    deadlineMs: 20_000,
    expiresAtMs: Date.now() + 60_000,
    ...changes,
  }
  return sealTask(content, secret)
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, discriminator: true })
addFormats.default(ajv)
const validate = ajv.compile(JSON.parse(readFileSync(new URL('../../src/model/journal.schema.json', import.meta.url), 'utf8')))

/** The samples, each of them fit for the journal. */
export function samplesOf(reply: AgentReply): readonly Sample[] {
  for (const sample of reply.samples) {
    expect(validate(sample), JSON.stringify({ errors: validate.errors, sample })).toBe(true)
    if (sample.outcome === 'completed') expect(sample.endedAtMs).toBeGreaterThan(sample.startedAtMs)
  }
  return reply.samples
}

/** The only sample of a reply. */
export function sampleOf(reply: AgentReply): Sample {
  const samples = samplesOf(reply)
  expect(samples).toHaveLength(1)
  return samples[0] as Sample
}
