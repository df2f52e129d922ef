import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Sample } from '../../src/model/journal-record.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { type RunOptions, run } from '../../src/run/run.ts'
import { hungry } from './fixtures/hungry-probe.ts'
import { labOf, leftOf } from './lab.ts'

const lab = labOf(process.pid)
let folder: string
let journal: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-faults-'))
  journal = join(folder, 'journal.ndjson')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  // Whatever was broken: nothing may be left on the host.
  expect(leftOf(process.pid)).toEqual([])
})

const experiment = (options: Partial<ExperimentOptions> = {}) =>
  defineExperiment({
    provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }),
    probe: iperf3({ seconds: 1 }),
    memoryMb: [512],
    concurrency: [4],
    repetitions: 2,
    ...options,
  })

/** Runs `breakIt` half a second after the first round has begun; the start takes less. */
function runAndBreak(breakIt: () => void, options: Partial<ExperimentOptions> = {}, runOptions: RunOptions = {}) {
  let broken: NodeJS.Timeout | undefined
  const onProgress = (event: RunEvent) => {
    runOptions.onProgress?.(event)
    if (event.kind === 'round-started') broken ??= setTimeout(breakIt, 700)
  }
  return run(experiment(options), { journal, ...runOptions, onProgress }).finally(() => clearTimeout(broken))
}

const failuresOf = (samples: readonly Sample[]) => samples.filter((sample) => sample.outcome !== 'completed')

test('an agent that is killed fails; the others complete; the next round has a new one', async () => {
  const { samples, rounds } = await runAndBreak(() => process.kill(lab.agents()[2] ?? -1, 'SIGKILL'))
  const failures = failuresOf(samples)
  expect(failures).toMatchObject([{ invocation: 2, error: { code: 'AGENT_DIED', message: expect.stringContaining('SIGKILL') } }])
  const second = samples.filter(({ round }) => round === rounds[1]?.id)
  expect(second.map(({ outcome }) => outcome)).toEqual(Array(4).fill('completed'))
  expect(second.filter(({ coldStart }) => coldStart).map(({ invocation }) => invocation)).toEqual([2])
})

test('a round with a dead function never counts', async () => {
  const report = await analyze(await runAndBreak(() => process.kill(lab.agents()[0] ?? -1, 'SIGKILL')))
  expect(report.cells[0]).toMatchObject({ rounds: 2, roundsUsed: 1, failed: 1 })
  expect(report.excluded).toMatchObject([{ code: 'failed-invocation' }])
})

test('a function that runs out of memory fails, and the message says so', async () => {
  const { samples } = await run(experiment({ probe: hungry(), warmUpMs: 0, memoryMb: [128], concurrency: [1], repetitions: 1 }), {
    journal,
  })
  expect(samples).toMatchObject([{ outcome: 'failed', error: { code: 'AGENT_DIED', message: expect.stringMatching(/memory/) } }])
})

test('when one is never ready the others are let go and measure', async () => {
  let stopped = 0
  const onProgress = (event: RunEvent) => {
    if (event.kind !== 'deployed') return
    stopped = lab.agents()[1] ?? -1
    process.kill(stopped, 'SIGSTOP')
  }
  const { samples } = await run(experiment({ repetitions: 1 }), { journal, readyTimeoutMs: 1500, replyTimeoutMs: 2500, onProgress })
  expect(failuresOf(samples)).toMatchObject([{ invocation: 1, error: { code: 'INVOCATION_TIMEOUT' } }])
  expect(samples.filter(({ outcome, bytes = 0 }) => outcome === 'completed' && bytes > 0)).toHaveLength(3)
})

test('a target that is killed ends the run with a clear error; the samples are kept', async () => {
  const failure = runAndBreak(() => {
    for (const pid of lab.target()) process.kill(pid, 'SIGKILL')
  })
  await expect(failure).rejects.toMatchObject({ code: 'TARGET_GONE', hint: expect.stringContaining('resume') })
  const { samples } = await loadJournal(journal)
  expect(samples).toHaveLength(4)
  expect(new Set(samples.map(({ outcome }) => outcome))).toEqual(new Set(['failed']))
})

test('without an uplink every function fails within its deadline, and the run ends', { timeout: 90_000 }, async () => {
  const failure = runAndBreak(() => lab.tearDownUplink(), { repetitions: 5 }, { readyTimeoutMs: 1000, replyTimeoutMs: 1500 })
  await expect(failure).rejects.toMatchObject({ code: 'ROUNDS_LOST' })
  const { samples } = await loadJournal(journal)
  expect(samples).toHaveLength(12)
  expect(failuresOf(samples)).toHaveLength(12)
})

test('an aborted run leaves a journal that can be resumed: no round is lost or repeated', async () => {
  const controller = new AbortController()
  const options = { repetitions: 4, concurrency: [1, 2], probe: iperf3({ seconds: 0.5 }) }
  const onProgress = (event: RunEvent) => {
    if (event.kind === 'round-ended' && event.done === 3) setTimeout(() => controller.abort(new Error('enough')), 400)
  }
  await expect(run(experiment(options), { journal, signal: controller.signal, onProgress })).rejects.toThrow('enough')
  const before = await loadJournal(journal)
  expect(before.rounds.filter(({ completed }) => completed)).toHaveLength(3)
  expect(leftOf(process.pid)).toEqual([])

  const events: RunEvent[] = []
  const after = await run(experiment(options), { journal, resume: true, onProgress: (event) => events.push(event) })
  expect(events.find(({ kind }) => kind === 'planned')).toMatchObject({ rounds: 8, alreadyDone: 3 })
  expect(events.filter(({ kind }) => kind === 'round-ended')).toHaveLength(5)
  expect(after.rounds.filter(({ completed }) => completed)).toHaveLength(8)
  expect(after.rounds.filter(({ attempt }) => attempt === 1)).toHaveLength(1)
  expect(after.end).toBeDefined()
  const again = await run(experiment(options), { journal, resume: true })
  expect(again.samples).toEqual(after.samples)
})

test('a journal is neither replaced nor continued by accident', async () => {
  const options = { repetitions: 1, concurrency: [1], probe: iperf3({ seconds: 0.5 }) }
  await run(experiment(options), { journal })
  await expect(run(experiment(options), { journal })).rejects.toMatchObject({ code: 'JOURNAL_EXISTS' })
  await expect(run(experiment({ ...options, seed: 2 }), { journal, resume: true })).rejects.toMatchObject({ code: 'OTHER_PLAN' })
  const replaced = await run(experiment({ ...options, seed: 2 }), { journal, overwrite: true })
  expect(replaced.experiment.plan.seed).toBe(2)
})

test('two runs at the same time: the second waits', async () => {
  const events: RunEvent['kind'][] = []
  const options = { repetitions: 1, concurrency: [1], probe: iperf3({ seconds: 0.5 }) }
  const first = run(experiment(options))
  const second = run(experiment(options), { onProgress: ({ kind }) => events.push(kind) })
  const journals = await Promise.all([first, second])
  expect(events[0]).toBe('waiting')
  const spans = journals.map(({ samples: [sample] }) => [sample?.startedAtMs ?? 0, sample?.endedAtMs ?? 0] as const)
  const [[, firstEnd = 0] = [], [secondStart = 0] = []] = spans.toSorted(([a], [b]) => a - b)
  expect(secondStart).toBeGreaterThan(firstEnd)
})
