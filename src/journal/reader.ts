import type { Journal } from '../model/journal.ts'
import type { Reason } from '../model/report.ts'
import { JournalAssembler } from './assemble.ts'
import { withCompactIntervals } from './compact-intervals.ts'
import type { JournalSource } from './lines.ts'
import { readJournal } from './record-stream.ts'

export type { Journal } from '../model/journal.ts'
export type { JournalSource } from './lines.ts'
export { readJournal } from './record-stream.ts'
export { completedRounds, nextAttempt } from './resume.ts'

/**
 * Reads a whole journal and puts it in order, line by line: what is kept in memory is about half of what the file holds.
 * @throws InputError as {@link readJournal}
 */
export async function loadJournal(source: JournalSource): Promise<Journal> {
  const warnings: Reason[] = []
  const assembler = new JournalAssembler()
  for await (const record of readJournal(source, { onWarning: (warning) => warnings.push(warning) })) {
    assembler.add(record.type === 'sample' ? withCompactIntervals(record) : record)
  }
  return assembler.finish(warnings)
}
