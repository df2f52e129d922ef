import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { openJournal } from '../../src/journal/writer.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import { experiment, round, sample, text, whole, withFolder } from './records.ts'

const here = import.meta.dirname

async function write(path: string, mode: 'create' | 'resume' | 'overwrite', records: readonly JournalRecord[]): Promise<void> {
  const journal = await openJournal(path, { mode })
  try {
    for (const record of records) await journal.append(record)
  } finally {
    await journal.close()
  }
}

test('writes one record a line, in the order of the calls', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'journal.ndjson')
    const journal = await openJournal(path, { mode: 'create' })
    await Promise.all(whole.map((record) => journal.append(record)))
    await Promise.all([journal.close(), journal.close()])
    expect(await readFile(path, 'utf8')).toBe(text(whole))
    await expect(journal.append(experiment)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' })
  }))

test('closing waits for what was appended', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'journal.ndjson')
    const journal = await openJournal(path, { mode: 'create' })
    const appended = Promise.all(whole.map((record) => journal.append(record)))
    await journal.close()
    await appended
    expect(await readFile(path, 'utf8')).toBe(text(whole))
  }))

test('a record that the reader would refuse is not written', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'journal.ndjson')
    const journal = await openJournal(path, { mode: 'create' })
    await journal.append(experiment)
    await expect(journal.append(sample('a', -1))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      message: expect.stringContaining('invocation'),
    })
    await expect(journal.append(sample('a', 0, { endedAtMs: 1 }))).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    await journal.append(round('a'))
    await journal.close()
    expect(await readFile(path, 'utf8')).toBe(text([experiment, round('a')]))
  }))

describe('a journal that is there', () => {
  test('is refused by create, replaced by overwrite', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'journal.ndjson')
      await write(path, 'create', whole)
      await expect(openJournal(path, { mode: 'create' })).rejects.toMatchObject({ name: 'InputError', code: 'JOURNAL_EXISTS' })
      expect(await readFile(path, 'utf8')).toBe(text(whole))
      await write(path, 'overwrite', [experiment])
      expect(await readFile(path, 'utf8')).toBe(text([experiment]))
    }))

  const torn: readonly [what: string, before: string, kept: string][] = [
    ['whole', text([experiment]), text([experiment])],
    ['torn', `${text([experiment])}{"type":"round","id":"`, text([experiment])],
    ['torn beyond one block', `${text([experiment])}{"type":"${'x'.repeat(200_000)}`, text([experiment])],
    ['without its last newline', text([experiment]).trimEnd(), text([experiment])],
    ['torn in its first line', '{"type":"experi', ''],
    ['empty', '', ''],
  ]
  test.each(torn)('is resumed: %s', (_what, before, kept) =>
    withFolder(async (folder) => {
      const path = join(folder, 'journal.ndjson')
      await writeFile(path, before)
      await write(path, 'resume', [round('a')])
      expect(await readFile(path, 'utf8')).toBe(kept + text([round('a')]))
    }),
  )

  test('is started by resume where there is none', () =>
    withFolder(async (folder) => {
      await write(join(folder, 'new'), 'resume', [experiment])
      expect(await readFile(join(folder, 'new'), 'utf8')).toBe(text([experiment]))
    }))

  test.each(['my notes', 'my notes\nwithout newline', '{"a":1}\n{"b'])('is not resumed when it is foreign: %j', (foreign) =>
    withFolder(async (folder) => {
      const path = join(folder, 'notes.txt')
      await writeFile(path, foreign)
      await expect(openJournal(path, { mode: 'resume' })).rejects.toMatchObject({ name: 'InputError', code: 'BROKEN_JOURNAL' })
      expect(await readFile(path, 'utf8')).toBe(foreign)
    }),
  )

  test('a path that cannot be written is named', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 'taken'))
      const opening = openJournal(join(folder, 'taken'), { mode: 'overwrite' })
      await expect(opening).rejects.toMatchObject({ name: 'MeasurementError', code: 'JOURNAL_WRITE_FAILED' })
      await expect(openJournal(join(folder, 'no/such/folder'), { mode: 'create' })).rejects.toThrow(/no\/such\/folder/)
    }))
})

test('a full disk keeps the data so far, and goes on when there is room', () =>
  withFolder(async (folder) => {
    // A file system of 64 KiB in a mount namespace of its own: nothing of it is left behind.
    const namespace = process.getuid?.() === 0 ? ['-m'] : ['-rm']
    const script = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" "$3" "$1"'
    const program = [join(here, 'full-disk-writer.ts')]
    const { stdout } = await promisify(execFile)('unshare', [...namespace, 'sh', '-c', script, 'sh', folder, process.execPath, ...program])
    const told = JSON.parse(stdout) as {
      name: string
      code: string
      message: string
      path: string
      kept: number
      full: string
      after: string
    }
    expect(told).toMatchObject({ name: 'MeasurementError', code: 'JOURNAL_WRITE_FAILED' })
    expect(told.message).toContain(told.path)
    expect(told.message).toContain('ENOSPC')
    expect(told.message).toContain('the data so far are kept')
    const lines = told.full.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines).toHaveLength(told.kept)
    expect(lines.map((line) => JSON.parse(line).type).slice(0, 3)).toEqual(['experiment', 'round', 'sample'])
    expect(told.after).toBe(told.full + text([round('a', { completed: true })]))
  }))

test('kill -9 loses at most the record being written', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'journal.ndjson')
    let acknowledged = 0
    for (let kill = 0; kill < 8; kill++) {
      acknowledged += await writeUntilKilled(path, kill === 0 ? 'create' : 'resume', 3 + 7 * kill)
      const lines = (await readFile(path, 'utf8')).split('\n')
      lines.pop() // torn or empty
      for (const line of lines) JSON.parse(line)
      // Each killed writer may have finished one record that it could not tell of.
      expect(lines.length).toBeGreaterThanOrEqual(acknowledged)
      expect(lines.length).toBeLessThanOrEqual(acknowledged + kill + 1)
      const { samples, rounds } = await loadJournal(path)
      expect(samples.length).toBeLessThanOrEqual(rounds.length)
    }
    expect((await stat(path)).size).toBeGreaterThan(1e6)
  }))

/** @returns how many records the writer said were on disk */
async function writeUntilKilled(path: string, mode: 'create' | 'resume', appends: number): Promise<number> {
  const child = spawn(process.execPath, [join(here, 'endless-writer.ts'), path, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  try {
    let count = 0
    for await (const line of createInterface({ input: child.stdout })) {
      count = Number(line)
      if (count >= appends) child.kill('SIGKILL')
    }
    return count
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}

test('ajv is loaded at the first check only', async () => {
  const script = `
    const { Module } = await import('node:module')
    const { openJournal } = await import(${JSON.stringify(join(here, '../../src/journal/writer.ts'))})
    await import(${JSON.stringify(join(here, '../../src/journal/reader.ts'))})
    console.log(Object.keys(Module._cache).filter((path) => path.includes('ajv')).length, typeof openJournal)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(stdout.trim()).toBe('0 function')
})
