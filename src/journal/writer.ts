import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError, MeasurementError, NetfairError } from '../model/errors.ts'
import type { JournalRecord } from '../model/journal-record.ts'
import { recordProblem } from './record-check.ts'
import { findResumePoint } from './torn-line.ts'

export interface JournalOptions {
  /**
   * `create`: an existing file is refused. `resume`: goes on after the last whole line, cuts off a torn one, starts a new file
   * where there is none. `overwrite`: starts anew.
   */
  readonly mode: 'create' | 'resume' | 'overwrite'
}

/** A journal that is being written: append-only, each record on disk before the next. */
export interface JournalWriter {
  readonly path: string
  /**
   * Appends one record; resolves when it is on disk. Calls may overlap: records are written in the order of the calls.
   * @throws NetfairError `INVALID_RECORD` (nothing was written), `JOURNAL_CLOSED`
   * @throws MeasurementError `JOURNAL_WRITE_FAILED`: what was written before is kept, the record itself is not in the journal
   */
  append(record: JournalRecord): Promise<void>
  /** Waits for what was appended and closes the file. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens a journal for writing.
 * @throws InputError `JOURNAL_EXISTS`, `BROKEN_JOURNAL` (resume of a foreign file)
 * @throws MeasurementError `JOURNAL_WRITE_FAILED`
 */
export async function openJournal(path: string, { mode }: JournalOptions): Promise<JournalWriter> {
  const file = await openFile(path, mode)
  try {
    const { keep, needsNewline } = mode === 'resume' ? await findResumePoint(file, path) : { keep: 0, needsNewline: false }
    const journal = new Writer(path, file, keep)
    await journal.begin(needsNewline)
    return journal
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openFile(path: string, mode: JournalOptions['mode']): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_EXCL, O_TRUNC } = constants
  const flags = { create: O_EXCL, resume: 0, overwrite: O_TRUNC }[mode]
  try {
    return await open(path, O_RDWR | O_CREAT | flags, 0o644)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeFailed(path, cause)
    throw new InputError('JOURNAL_EXISTS', `${path}: the journal exists already.`, {
      hint: 'Resume it, overwrite it, or choose another path.',
      cause,
    })
  }
}

class Writer implements JournalWriter {
  readonly path: string
  readonly #file: FileHandle
  /** Length of the file up to its last whole line. */
  #end: number
  /** Something may stand behind {@link #end} that must go first. */
  #ragged = true
  #queue: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(path: string, file: FileHandle, end: number) {
    this.path = path
    this.#file = file
    this.#end = end
  }

  async begin(needsNewline: boolean): Promise<void> {
    await this.#write(needsNewline ? '\n' : '')
    await syncDirectory(this.path)
  }

  append(record: JournalRecord): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(new NetfairError('JOURNAL_CLOSED', `${this.path}: the journal is closed.`, { hint: 'Append before closing.' }))
    }
    const problem = recordProblem(record)
    if (problem !== undefined) {
      const hint = 'This is a fault of the program that made the record.'
      return Promise.reject(new NetfairError('INVALID_RECORD', `${this.path}: a ${record.type} record is not valid: ${problem}.`, { hint }))
    }
    const line = `${JSON.stringify(record)}\n`
    const written = this.#queue.then(() => this.#write(line))
    this.#queue = written.catch(() => {})
    return written
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(() => this.#file.close())
    return this.#closing
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      if (this.#ragged) await this.#file.truncate(this.#end)
      this.#ragged = true
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#end + done)
        done += bytesWritten
      }
      await this.#file.datasync()
      this.#end += bytes.length
      this.#ragged = false
    } catch (cause) {
      await this.#file.truncate(this.#end).catch(() => {}) // tried again before the next record
      throw writeFailed(this.path, cause)
    }
  }
}

/** Makes the new file's name durable too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } catch {
    // Not every file system can; the records themselves are safe.
  } finally {
    await directory.close()
  }
}

function writeFailed(path: string, cause: unknown): MeasurementError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return new MeasurementError('JOURNAL_WRITE_FAILED', `${path}: the journal cannot be written (${code}); the data so far are kept.`, {
    hint: full ? 'Free some space on the disk, then resume.' : 'Check the path and its permissions, then resume.',
    cause,
  })
}
