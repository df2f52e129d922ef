import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { queueing } from './queueing-provider.ts'

let folder: string
let journal: string
let started: StartedTarget

beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(() => started.dispose())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-repeats-'))
  journal = join(folder, 'journal.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Two rounds of 3 functions, and what was said of those that ran once more. */
async function measure(instancesAt: (rounds: number) => number): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  const experiment = defineExperiment({
    provider: queueing(instancesAt),
    probe: iperf3({ seconds: 0.3 }),
    memoryMb: [512],
    concurrency: [3],
    repetitions: 2,
    target: started.target,
  })
  await run(experiment, { journal, readyTimeoutMs: 700, onProgress: (event) => events.push(event) })
  return events
}

const repeatedIn = (events: readonly RunEvent[]) => events.filter(({ kind }) => kind === 'round-repeated')

test('a round whose invocations had to share an instance runs once more, and then counts', async () => {
  const events = await measure((rounds) => (rounds === 1 ? 2 : 3))
  expect(repeatedIn(events)).toMatchObject([{ instances: 2 }])
  expect(events.filter(({ kind }) => kind === 'round-ended')).toMatchObject([{ failed: 0 }, { failed: 0 }])
  const { rounds, superseded } = await loadJournal(journal)
  expect(rounds.map(({ attempt }) => attempt).toSorted()).toEqual([0, 1])
  // The first two began without the third, which came into the instance of the first.
  expect(superseded).toMatchObject([{ outcome: 'completed' }, { outcome: 'completed' }, { error: { code: 'ROUND_RELEASED' } }])
  expect(superseded?.[2]?.instance).toBe(superseded?.[0]?.instance)
  const { cells, excluded, warnings } = await analyze(journal)
  expect(cells).toMatchObject([{ rounds: 2, roundsUsed: 2, failed: 0, reusedInstances: 0 }])
  expect(excluded).toEqual([])
  expect(warnings).toContainEqual({ code: 'measured-again', message: expect.stringMatching(/^1 round was measured once more/) })
})

test('a platform that never has enough instances costs no cell more than one round more, and the report says why nothing counts', async () => {
  expect(repeatedIn(await measure(() => 2))).toHaveLength(1)
  const { cells, excluded } = await analyze(journal)
  expect(cells).toMatchObject([{ rounds: 2, roundsUsed: 0, reusedInstances: 2 }])
  expect(excluded).toMatchObject([{ code: 'reused-instances' }, { code: 'reused-instances' }])
  expect(excluded[0]?.message).toMatch(/3 invocations ran in 2 instances/)
})
