import type { Journal } from '../model/journal.ts'

/**
 * A journal as the text of a file that `loadJournal` and `netfair analyze` read: one record a line. Rounds that an interruption or a
 * conflict has left out stay out; rounds come once, as they ended.
 */
export function journalText({ experiment, rounds, samples, end }: Journal): string {
  const records = [experiment, ...rounds, ...samples, ...(end === undefined ? [] : [end])]
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}
