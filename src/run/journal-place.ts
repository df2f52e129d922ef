import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../model/errors.ts'
import { makeRunDirectory } from '../providers/local/run-directory.ts'
import { newRunName } from '../providers/local/run-name.ts'

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
 * @throws InputError `JOURNAL_EXISTS`, `JOURNAL_CHOICE`; MeasurementError `HOST_UNSUITABLE` without a temporary directory
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

/** Carries a run name, so that it is removed by the next cleanup when this process is killed. */
function temporaryPlace(): JournalPlace {
  const name = newRunName()
  const folder = makeRunDirectory(name)
  const path = join(folder, 'journal.ndjson')
  return {
    path,
    mode: 'create',
    succeeded: () => rm(folder, { recursive: true, force: true }),
    failed: async () => {
      if (!existsSync(path)) {
        await rm(folder, { recursive: true, force: true })
        return undefined
      }
      // Out of the reach of cleanup, which goes by the name.
      const kept = join(tmpdir(), name.replace('netfair-', 'netfair-kept-'))
      await rename(folder, kept)
      return join(kept, 'journal.ndjson')
    },
  }
}
