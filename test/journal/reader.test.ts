import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assembleJournal } from '../../src/journal/assemble.ts'
import { completedRounds, loadJournal, nextAttempt } from '../../src/journal/reader.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import { experiment, round, sample, streamOf, text, whole, withFolder } from './records.ts'

const load = (records: readonly unknown[]) => loadJournal(streamOf(text(records)))

describe('a broken line', () => {
  const cases: readonly [what: string, line: unknown, reason: RegExp][] = [
    ['not JSON', Symbol(), /it is not JSON/],
    ['no object', 7, /must be object/],
    ['no type', { kind: 'sample' }, /type/],
    ['a missing key', { ...sample('a', 0), instance: undefined }, /instance/],
    ['a failed sample without error', { ...sample('a', 0), outcome: 'failed' }, /error/],
    ['a wrong type', { ...sample('a', 0), bytes: '12' }, /bytes must be integer/],
    ['a wrong word', { ...sample('a', 0), direction: 'sideways' }, /direction .*download/],
    ['no time', sample('a', 0, { endedAtMs: 1000, intervals: [] }), /endedAtMs \(1000\) must be after startedAtMs \(1000\)/],
    ['too many bytes in intervals', sample('a', 0, { bytes: 999 }), /intervals hold 1000 bytes, more than the 999/],
    ['intervals out of order', sample('a', 0, { intervals: [[1500, 2000, 1], [1000, 1500, 1]] }), /intervals.1 starts before/], // biome-ignore format: a table
    ['overlapping intervals', sample('a', 0, { intervals: [[1000, 1600, 1], [1500, 2000, 1]] }), /intervals.1 starts before/], // biome-ignore format: a table
    ['an interval backwards', sample('a', 0, { intervals: [[1600, 1500, 1]] }), /intervals.0 ends before/],
    ['an unknown round', sample('b', 0), /its round "b" is not in the journal/],
    ['another experiment', { ...experiment, id: 'e2' }, /second, different experiment/],
    ['another version', { ...experiment, schema: 'netfair.journal/2' }, /schema/],
  ]
  test.each(cases)('%s is named with its number', async (_what, line, reason) => {
    const shown = typeof line === 'symbol' ? '{"type":' : JSON.stringify(line)
    const content = `${text([experiment, round('a'), sample('a', 1)])}${shown}\n${text([round('a', { completed: true })])}`
    const loading = loadJournal(streamOf(content))
    await expect(loading).rejects.toMatchObject({ name: 'InputError', code: 'BROKEN_JOURNAL' })
    await expect(loading).rejects.toThrow(/^standard input: line 4 is broken/)
    await expect(loading).rejects.toThrow(reason)
  })

  test('a foreign file is refused', async () => {
    await expect(loadJournal(streamOf('# Notes\nhello\n'))).rejects.toThrow(/line 1 is broken: it is not JSON/)
    await expect(loadJournal(streamOf('{"a":1}\n'))).rejects.toMatchObject({ code: 'BROKEN_JOURNAL' })
  })

  test('a journal without experiment is refused, an empty one too', async () => {
    await expect(load(whole.slice(1))).rejects.toThrow(/no experiment record/)
    await expect(load([])).rejects.toMatchObject({ code: 'EMPTY_JOURNAL' })
    await expect(loadJournal(streamOf('{"type":"exp'))).rejects.toMatchObject({ code: 'EMPTY_JOURNAL' })
  })

  test('a missing file and a folder are named', async () => {
    await expect(loadJournal('/nowhere/journal.ndjson')).rejects.toMatchObject({ name: 'InputError', code: 'JOURNAL_NOT_FOUND' })
    await expect(loadJournal('/')).rejects.toMatchObject({ name: 'InputError', code: 'JOURNAL_UNREADABLE' })
  })
})

describe('what is passed over', () => {
  test('a torn last line, with a warning', async () => {
    const journal = await loadJournal(streamOf(`${text(whole)}{"type":"round","id":"b`))
    expect(journal.warnings).toEqual([{ code: 'torn-line', message: 'Line 7, the last one, is torn and was dropped.' }])
    expect(journal.rounds).toHaveLength(1)
  })

  test('a whole last line without newline counts', async () => {
    const journal = await loadJournal(streamOf(text(whole).trimEnd()))
    expect(journal.warnings).toEqual([])
    expect(journal.end).toBeDefined()
  })

  test('unknown types, with one warning each, wherever and however often they stand; blank lines without', async () => {
    const notes = ['note', 'note', 'memo'].map((type, index) => ({ type, index }))
    const skipped = (type: string) => ({ code: 'unknown-type', message: `Lines of the unknown type "${type}" were skipped.` })
    const before = await loadJournal(streamOf(`${text([experiment])}\n\r\n${text([...notes, ...whole.slice(1)])}`))
    expect(before.warnings).toEqual([skipped('memo'), skipped('note')])
    expect(await load([...whole, ...notes.reverse(), ...notes] as JournalRecord[])).toEqual(before)
  })

  test('a byte order mark, carriage returns', async () => {
    const windows = `\uFEFF${text(whole).replaceAll('\n', '\r\n')}`
    for (const size of [1, 2, 65536]) expect(await loadJournal(streamOf(windows, size))).toEqual(await load(whole))
    await expect(loadJournal(streamOf(`${text(whole)}\uFEFF${text(whole)}`))).rejects.toThrow(/line 7 is broken/)
  })
})

describe('what counts', () => {
  test('identical lines count once', async () => {
    expect(await load([...whole, ...whole])).toEqual(await load(whole))
  })

  test('a line in chunks of any size', async () => {
    const content = text([{ ...experiment, id: 'é€😀' }, ...whole.slice(1)])
    for (const size of [1, 7, 64]) expect((await loadJournal(streamOf(content, size))).experiment.id).toBe('é€😀')
  })

  test('samples of an attempt that no round names are skipped, with a warning', async () => {
    const journal = await load([...whole, sample('a', 0, { attempt: 3, bytes: 5000 })])
    const warnings = [{ code: 'stray-attempt', message: expect.stringContaining('attempt 3'), round: 'a' }]
    expect(journal).toEqual({ ...(await load(whole)), warnings })
  })

  test('attempt 0 and no attempt are the same', async () => {
    expect((await load([...whole, sample('a', 0, { attempt: 0 })])).excluded).toEqual([])
  })

  test('the order of lines never matters', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...whole, ...whole], { minLength: 12 }), (records) => {
        expect(assembleJournal(records)).toEqual(assembleJournal(whole))
      }),
      { numRuns: 50 },
    )
  })

  test('the highest completed attempt counts', async () => {
    const again = { attempt: 1 }
    const records: JournalRecord[] = [
      ...whole,
      round('a', again),
      sample('a', 0, { ...again, bytes: 2000 }),
      round('a', { ...again, completed: true }),
      round('a', { attempt: 2 }),
      sample('a', 0, { attempt: 2, bytes: 5000 }),
    ]
    const journal = await load(records)
    expect(journal.samples.map(({ bytes }) => bytes)).toEqual([2000])
    expect(journal.rounds).toEqual([round('a', { ...again, completed: true })])
    expect(completedRounds(journal)).toEqual(new Set(['a']))
  })

  test('a round that was never completed is excluded, and runs again as the next attempt', async () => {
    const journal = await load([experiment, round('a'), sample('a', 0), round('b'), round('b', { attempt: 1 })])
    expect(journal.excluded.map(({ code, round }) => `${code} ${round}`)).toEqual(['incomplete a', 'incomplete b'])
    expect(journal.samples).toEqual([])
    expect(completedRounds(journal).size).toBe(0)
    expect(['a', 'b', 'c'].map((id) => nextAttempt(journal, id))).toEqual([1, 2, 0])
    expect(journal.warnings.map(({ code }) => code)).toEqual(['unfinished'])
  })

  test('start and end of a round are one record', async () => {
    const journal = await load([experiment, round('a', { host: 'h1' }), round('a', { completed: true, hostIdle: 0.5 })])
    expect(journal.rounds).toEqual([round('a', { host: 'h1', hostIdle: 0.5, completed: true })])
  })

  test('both directions of one invocation are two samples', async () => {
    const both = { direction: 'both' as const }
    const journal = await load([
      experiment,
      round('a', { ...both, completed: true }),
      sample('a', 0),
      sample('a', 0, { direction: 'upload', bytes: 3000 }),
    ])
    expect(journal.excluded).toEqual([])
    expect(journal.samples.map(({ direction }) => direction)).toEqual(['download', 'upload'])
  })
})

describe('a conflict excludes the round', () => {
  const conflicts: readonly [what: string, more: readonly JournalRecord[]][] = [
    ['two samples with one key', [sample('a', 1, { bytes: 1001 })]],
    ['the same, one without its direction', [withoutDirection(sample('a', 1, { bytes: 1001 }))]],
    ['two ends', [round('a', { completed: true, hostIdle: 0.3 })]],
    ['two cells', [round('a', { concurrency: 4 })]],
  ]
  test.each(conflicts)('%s', async (_what, more) => {
    const journal = await load([...whole, ...more])
    expect(journal.excluded.map(({ code, round }) => `${code} ${round}`)).toEqual(['conflict a'])
    expect(journal.samples).toEqual([])
    expect(completedRounds(journal).size).toBe(0)
    expect(nextAttempt(journal, 'a')).toBe(1)
  })

  test("a conflict in an attempt that does not count is nobody's business", async () => {
    const records = [...whole, sample('a', 1, { bytes: 1001 }), round('a', { attempt: 1, completed: true }), sample('a', 0, { attempt: 1 })]
    expect((await load(records)).excluded).toEqual([])
  })
})

function withoutDirection({ direction: _, ...rest }: JournalRecord & { direction?: unknown }): JournalRecord {
  return rest as JournalRecord
}

test('a large journal is read in constant memory', async () => {
  const program = [join(import.meta.dirname, 'large-reader.ts'), '150000000']
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=32', ...program])
  const [read, given] = stdout.trim().split(' of ')
  expect(read).toBe(given)
})

test('reads a file', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'journal.ndjson')
    await writeFile(path, text(whole))
    expect((await loadJournal(path)).samples).toHaveLength(2)
  }))
