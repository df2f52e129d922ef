import type { JournalWriter } from '../journal/writer.ts'
import { NetfairError } from '../model/errors.ts'
import type { FailedSample, Sample } from '../model/journal-record.ts'
import type { RoundSetting } from './invocation.ts'
import type { PlannedRound } from './plan.ts'
import { openingRecord, runRound } from './round.ts'

/** Runs one round and writes all of it: its opening, its samples, its end. */
export async function recordRound(
  round: PlannedRound,
  attempt: number,
  setting: RoundSetting,
  journal: JournalWriter,
): Promise<RecordedRound> {
  await journal.append(openingRecord(round, attempt))
  const { record, samples } = await runRound(round, attempt, setting)
  for (const sample of samples) await appendSample(sample, journal)
  await journal.append(record)
  return { samples, failed: samples.filter((sample) => sample.outcome !== 'completed') }
}

/** A function's reply that breaks the journal's rules is a failure of that function, not of the run. */
async function appendSample(sample: Sample, journal: JournalWriter): Promise<void> {
  try {
    await journal.append(sample)
  } catch (error) {
    if (!(error instanceof NetfairError && error.code === 'INVALID_RECORD')) throw error
    const { round, attempt = 0, invocation, direction, role } = sample
    const key = { round, attempt, invocation, ...(direction !== undefined && { direction }), ...(role !== undefined && { role }) }
    await journal.append({ type: 'sample', ...key, outcome: 'failed', error: { code: 'INVALID_SAMPLE', message: error.message } })
  }
}

/** What became of a round's samples. */
export interface RecordedRound {
  readonly samples: readonly Sample[]
  readonly failed: readonly FailedSample[]
}
