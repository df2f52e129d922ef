import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../model/errors.ts'

/** Where a run writes its journal, and what becomes of it. */
export interface JournalPlace {
  readonly path: string
  readonly mode: 'create' | 'resume' | 'overwrite'
  /** A temporary journal is removed, one that the user named stays. */
  succeeded(): Promise<void>
  /** It stays in any case; gives the path where, if anything was written. */
  failed(): Promise<string | undefined>
}

export interface JournalChoice {
  readonly journal?: string
  readonly resume?: boolean
  readonly overwrite?: boolean
}

/**
 * Chooses the journal's path, before anything is locked or started.
 *
 * @throws InputError `JOURNAL_EXISTS`, `JOURNAL_CHOICE`
 */
export async function placeJournal({ journal, resume = false, overwrite = false }: JournalChoice): Promise<JournalPlace> {
  if (resume && overwrite)
    throw new InputError('JOURNAL_CHOICE', 'A run cannot both resume and overwrite a journal.', { hint: 'Choose one of the two.' })
  if (journal === undefined) {
    if (resume) throw new InputError('JOURNAL_CHOICE', '"resume" was given without a journal.', { hint: 'Name the journal to go on with.' })
    return temporaryPlace()
  }
  const exists = existsSync(journal)
  if (exists && !resume && !overwrite)
    throw new InputError('JOURNAL_EXISTS', `The journal ${journal} exists already.`, {
      hint: 'Go on with it (resume, `--resume`), replace it (overwrite, `--overwrite`), or name another one.',
    })
  const mode = !exists ? 'create' : resume ? 'resume' : 'overwrite'
  return {
    path: journal,
    mode,
    succeeded: () => Promise.resolve(),
    failed: () => Promise.resolve(existsSync(journal) ? journal : undefined),
  }
}

async function temporaryPlace(): Promise<JournalPlace> {
  const folder = await mkdtemp(join(tmpdir(), `netfair-journal-${process.pid}-`))
  return {
    path: join(folder, 'journal.ndjson'),
    mode: 'create',
    succeeded: () => rm(folder, { recursive: true, force: true }),
    // Out of the reach of `netfair cleanup`, which removes temporary journals of processes that are gone.
    failed: async () => {
      if (!existsSync(join(folder, 'journal.ndjson'))) {
        await rm(folder, { recursive: true, force: true })
        return undefined
      }
      const kept = join(dirname(folder), basename(folder).replace('journal', 'kept'))
      await rename(folder, kept)
      return join(kept, 'journal.ndjson')
    },
  }
}
