import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { analyze } from '../../src/run/analyze.ts'
import { run } from '../../src/run/run.ts'
import { failingChunks } from './fixtures/failing-chunks-probe.ts'
import { labOf, leftOf } from './lab.ts'
import { chunks, everyChunk, movedIn, runAndBreak, smallWork, triesOf } from './small-work.ts'

const lab = labOf(process.pid)
let notes: string

beforeEach(() => {
  notes = mkdtempSync(join(tmpdir(), 'netfair-test-work-'))
})

afterEach(() => {
  rmSync(notes, { recursive: true })
  expect(leftOf(process.pid)).toEqual([])
})

test('one-per-invocation: a function is killed; another invocation moves its chunk', async () => {
  const journal = await runAndBreak('one-per-invocation', () => process.kill(lab.agents()[2] ?? -1, 'SIGKILL'))
  const failures = journal.samples.filter(({ outcome }) => outcome !== 'completed')
  expect(failures).toMatchObject([{ error: { code: 'AGENT_DIED' } }])
  expect(journal.samples).toHaveLength(chunks + 1)
  expect(movedIn(journal)).toEqual(everyChunk)
  expect((await analyze(journal)).costMap?.cells).toMatchObject([{ roundsUsed: 1 }])
})

test.each(['pull', 'one-per-invocation'] as const)('%s: the target stands still for a second; nothing is moved twice', async (mode) => {
  const journal = await runAndBreak(mode, () => {
    const stopped = lab.target()
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    setTimeout(() => {
      for (const pid of stopped) process.kill(pid, 'SIGCONT')
    }, 1000)
  })
  expect(movedIn(journal)).toEqual(everyChunk)
  expect(triesOf(journal.samples)).toHaveLength(chunks)
  const report = await analyze(journal)
  expect(report.costMap?.cells[0]?.responseMs?.median).toBeGreaterThan(2000)
})

test.each(['pull', 'one-per-invocation'] as const)('%s: the target ends; so does the round, and it is marked', async (mode) => {
  const limits = { readyTimeoutMs: 2000, replyTimeoutMs: 2000 }
  const killTarget = (): void => {
    for (const pid of lab.target()) process.kill(pid, 'SIGKILL')
  }
  const journal = await runAndBreak(mode, killTarget, limits).catch((error: unknown) => error as Error)
  if (journal instanceof Error) return expect(journal).toMatchObject({ code: 'TARGET_GONE' })
  expect(movedIn(journal).length).toBeLessThan(chunks)
  expect(new Set(movedIn(journal)).size).toBe(movedIn(journal).length)
  expect((await analyze(journal)).costMap?.cells).toMatchObject([{ rounds: 1, roundsUsed: 0 }])
})

test.each([
  ['pull', 2],
  ['one-per-invocation', 2],
] as const)('%s: a chunk that fails %i times is moved by another try', async (mode, failures) => {
  const journal = await run(smallWork(mode, { probe: failingChunks({ chunk: 5, failures, notes }) }))
  expect(movedIn(journal)).toEqual(everyChunk)
  const failed = triesOf(journal.samples).filter(({ ok }) => !ok)
  expect(failed).toEqual(Array(failures).fill({ ...failed[0], startMs: expect.any(Number), endMs: expect.any(Number) }))
  expect(failed[0]).toMatchObject({ id: '5', bytes: 1, error: { code: 'CUT' } })
  expect((await analyze(journal)).costMap?.cells).toMatchObject([{ roundsUsed: 1 }])
})

test.each(['pull', 'one-per-invocation'] as const)('%s: a chunk that always fails is given up after three tries', async (mode) => {
  const journal = await run(smallWork(mode, { probe: failingChunks({ chunk: 5, failures: 100, notes }) }))
  expect(movedIn(journal)).toEqual(everyChunk.filter((chunk) => chunk !== 5))
  expect(triesOf(journal.samples).filter(({ ok }) => !ok)).toHaveLength(3)
  const report = await analyze(journal)
  expect(report.costMap?.cells).toMatchObject([{ rounds: 1, roundsUsed: 0 }])
  expect(report.costMap?.reasons).toContainEqual(expect.objectContaining({ code: 'unfinished-work' }))
})
