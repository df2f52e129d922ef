import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

let folder: string
let journal: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-stopping-'))
  journal = join(folder, 'journal.ndjson')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  expect(leftOf(process.pid)).toEqual([])
})

const experiment = (options: Partial<ExperimentOptions>) =>
  defineExperiment({
    provider: local({ uplinkBitsPerSecond: 20e6, sharing: 'fair' }),
    probe: iperf3({ seconds: 0.4 }),
    memoryMb: [512],
    concurrency: [2],
    ...options,
  })

test('a run ends when its intervals are narrow, says so, and has nothing left to resume', { timeout: 120_000 }, async () => {
  const narrow = experiment({ stop: { relativeHalfWidth: 0.5, maximum: 12 } })
  const events: RunEvent[] = []
  const { rounds, end, experiment: record } = await run(narrow, { journal, onProgress: (event) => events.push(event) })
  expect(end).toMatchObject({ stoppedBy: 'criterion', rounds: rounds.length })
  expect(rounds.length).toBeLessThan(12)
  expect(record.plan).toMatchObject({ repetitions: 12, stop: { relativeHalfWidth: 0.5, minimum: 6, consecutive: 2 } })
  expect(events.find(({ kind }) => kind === 'planned')).toMatchObject({ rounds: 12, atMost: true })
  expect(events.at(-1)).toMatchObject({ kind: 'finished', rounds: rounds.length })
  const again = await run(narrow, { journal, resume: true })
  expect(again.rounds).toEqual(rounds)
})

test('a run that is interrupted goes on to its end', { timeout: 120_000 }, async () => {
  const few = experiment({ stop: { relativeHalfWidth: 0.0001, minimum: 3, maximum: 6 } })
  const abort = new AbortController()
  const onProgress = (event: RunEvent) => {
    if (event.kind === 'round-ended' && event.done === 4) abort.abort(new Error('enough'))
  }
  await expect(run(few, { journal, signal: abort.signal, onProgress })).rejects.toThrow('enough')
  const { rounds, end } = await run(few, { journal, resume: true })
  expect(rounds).toHaveLength(6)
  expect(rounds.filter(({ attempt = 0 }) => attempt > 0).length).toBeLessThanOrEqual(1)
  expect(end).toMatchObject({ stoppedBy: 'maximum', rounds: 6 })
  expect((await analyze(journal)).warnings).toContainEqual(expect.objectContaining({ code: 'maximum' }))
})

test('the budget ends a run; the data are kept, and a larger budget goes on', { timeout: 120_000 }, async () => {
  // About 1 MB a round.
  const limited = (bytes: number) => experiment({ concurrency: [1, 2], repetitions: 3, budget: { bytes } })
  await expect(run(limited(2.2e6), { journal })).rejects.toMatchObject({ name: 'MeasurementError', code: 'BUDGET_REACHED' })
  const kept = await loadJournal(journal)
  expect(kept.end).toMatchObject({ stoppedBy: 'budget', rounds: kept.rounds.length })
  expect(kept.rounds.length).toBeGreaterThanOrEqual(2)
  expect(kept.rounds.length).toBeLessThan(6)
  expect((await analyze(kept)).warnings).toEqual([expect.objectContaining({ code: 'budget' })])
  await expect(run(limited(2.2e6), { journal, resume: true })).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
  const { rounds, end } = await run(limited(1e9), { journal, resume: true })
  expect(rounds).toHaveLength(6)
  expect(end?.stoppedBy).toBeUndefined()
})
