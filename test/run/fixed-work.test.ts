import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sample } from '../../src/model/journal-record.ts'
import { analyze } from '../../src/run/analyze.ts'
import { run } from '../../src/run/run.ts'
import { failingChunks } from './fixtures/failing-chunks-probe.ts'
import { labOf, leftOf } from './lab.ts'
import { chunkBytes, chunks, everyChunk, movedIn, runAndBreak, smallWork, triesOf } from './small-work.ts'

const lab = labOf(process.pid)
let notes: string

beforeEach(() => {
  notes = mkdtempSync(join(tmpdir(), 'netfair-test-work-'))
})

afterEach(() => {
  rmSync(notes, { recursive: true })
  expect(leftOf(process.pid)).toEqual([])
})

/** What is in the record of a round without faults. */
function expectWhole(samples: readonly Sample[]): void {
  for (const { outcome, bytes, chunks: own = [], intervals = [] } of samples) {
    expect(outcome).toBe('completed')
    expect(bytes).toBe(own.length * chunkBytes)
    expect(intervals.reduce((sum, [, , moved]) => sum + moved, 0)).toBe(bytes)
    for (const { ok, bytes: moved, startMs, endMs } of own) expect([ok, moved, endMs > startMs]).toEqual([true, chunkBytes, true])
  }
}

test('pull: each of the functions takes the next chunk', async () => {
  const journal = await run(smallWork('pull', { concurrency: [1, 3] }))
  expect(journal.experiment.plan.work).toEqual({ mode: 'pull', chunks, chunkBytes: chunkBytes })
  expect(journal.rounds.map(({ concurrency }) => concurrency)).toEqual([1, 3])
  expectWhole(journal.samples)
  for (const { id, concurrency } of journal.rounds) {
    const samples = journal.samples.filter(({ round }) => round === id)
    expect(samples).toHaveLength(concurrency)
    expect(movedIn({ samples })).toEqual(everyChunk)
  }
  const report = await analyze(journal)
  expect(report.costMap?.cells.map(({ roundsUsed }) => roundsUsed)).toEqual([1, 1])
  expect(report.costMap?.reasons.filter(({ round }) => round !== undefined)).toEqual([])
})

test('one-per-invocation: four at once, each chunk its own sample', async () => {
  const journal = await run(smallWork('one-per-invocation'))
  expectWhole(journal.samples)
  expect(journal.samples.map(({ invocation, chunks: own = [] }) => [invocation, own.length])).toEqual(everyChunk.map((index) => [index, 1]))
  expect(movedIn(journal)).toEqual(everyChunk)
  expect(new Set(journal.samples.map(({ instance }) => instance)).size).toBe(4)
  const report = await analyze(journal)
  expect(report.costMap?.cells).toMatchObject([{ concurrency: 4, rounds: 1, roundsUsed: 1 }])
  expect([report.sharing, report.fairness, report.excluded]).toEqual([[], [], []])
})

test('pull: a function is killed; the others move what it held and had moved', async () => {
  const journal = await runAndBreak('pull', () => process.kill(lab.agents()[2] ?? -1, 'SIGKILL'))
  const failures = journal.samples.filter(({ outcome }) => outcome !== 'completed')
  expect(failures).toMatchObject([{ invocation: 2, error: { code: 'AGENT_DIED' } }])
  expect(movedIn(journal)).toEqual(everyChunk)
  const report = await analyze(journal)
  expect(report.costMap?.reasons).toContainEqual(expect.objectContaining({ code: 'failed-invocation', round: journal.rounds[0]?.id }))
})

test('pull: a chunk that fails is moved by another function', async () => {
  const journal = await run(smallWork('pull', { probe: failingChunks({ chunk: 5, failures: 1, notes }) }))
  expect(movedIn(journal)).toEqual(everyChunk)
  const failed = triesOf(journal.samples).filter(({ ok }) => !ok)
  expect(failed).toMatchObject([{ id: '5', bytes: 1, error: { code: 'CUT' } }])
  expect((await analyze(journal)).costMap?.cells).toMatchObject([{ roundsUsed: 1 }])
})
