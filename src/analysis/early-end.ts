import type { Journal } from '../model/journal.ts'
import type { Reason } from '../model/report.ts'

/** What a reader must know about a run that ended before it had all that it was for. */
export function earlyEnd({ end }: Journal): readonly Reason[] {
  if (end?.stoppedBy === 'budget')
    return [{ code: 'budget', message: 'The run ended when its budget was used up: some rounds are missing.' }]
  if (end?.stoppedBy === 'maximum')
    return [
      { code: 'maximum', message: 'The run ended at its most repetitions: what it should have gone on for was not reached everywhere.' },
    ]
  return []
}
