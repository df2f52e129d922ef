import type { Journal } from '../model/journal.ts'
import type { Sample } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import { takenTurns } from './taken-turns.ts'

/** Rounds that were measured once more because their invocations had taken turns in fewer instances. */
export function measuredAgain({ superseded = [] }: Journal): readonly Reason[] {
  const attempts = new Map<string, Sample[]>()
  for (const sample of superseded) {
    const attempt = `${sample.attempt ?? 0} ${sample.round}`
    attempts.set(attempt, [...(attempts.get(attempt) ?? []), sample])
  }
  const again = [...attempts.values()].filter((samples) => takenTurns(samples) !== undefined).length
  if (again === 0) return []
  const what = again === 1 ? '1 round was' : `${again} rounds were`
  return [{ code: 'measured-again', message: `${what} measured once more: invocations had gone into the same instance.` }]
}
