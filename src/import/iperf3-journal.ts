import { assembleJournal } from '../journal/assemble.ts'
import { recordProblem } from '../journal/record-check.ts'
import { InputError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { ExperimentRecord, Factors, JournalRecord, RoundRecord, Sample } from '../model/journal-record.ts'
import { broken, type ImportedTest, readTest, type SourceFile } from './iperf3-file.ts'
import { type ImportedRound, importedRounds, stampMs } from './iperf3-rounds.ts'

/** What the files do not tell. */
export interface ImportOptions {
  /** Of all functions, in MB. Default: unknown. */
  readonly memoryMb?: number
  /** Where they ran. Default `imported`. */
  readonly provider?: string
  readonly toolVersion: string
}

/**
 * Makes a journal of outputs of `iperf3 --json`. The client is the function.
 *
 * Files that overlap in time form one round, whose concurrency is their number; a file with an error is a failed sample. Stamps of whole seconds make
 * a clock uncertainty of 1000 ms, so that windows below 10 s give no verdict.
 * @throws InputError `BROKEN_IPERF3_FILE`, `MIXED_DIRECTIONS`, `SAME_TEST`, `NO_FILES`
 */
export function importIperf3(files: readonly SourceFile[], options: ImportOptions): Journal {
  if (files.length === 0) throw new InputError('NO_FILES', 'There is no file to import.', { hint: 'Name outputs of `iperf3 --json`.' })
  const tests = files.map(readTest)
  checkDifferent(tests)
  const rounds = importedRounds(tests)
  // A test that failed too early to say how many streams it had stands with the others.
  const known = new Set(rounds.map(streamsOf).filter((level) => level !== 'unknown'))
  const streams = known.size > 0 ? known : new Set(['unknown' as const])
  const seen = new Map<string, number>()
  const records = rounds.flatMap((round): readonly JournalRecord[] => {
    const factors: Factors = streams.size > 1 ? { parallel: streamsOf(round) } : {}
    const cell = [`n${round.tests.length}`, round.direction, ...Object.entries(factors).map(([name, level]) => `${name}=${level}`)].join(
      '-',
    )
    const repetition = seen.get(cell) ?? 0
    seen.set(cell, repetition + 1)
    return roundRecords(round, { id: `${cell}-r${repetition}`, repetition, factors }, options)
  })
  const last = Math.max(...tests.map(({ endMs }) => endMs))
  const plan = { repetitions: Math.max(...seen.values()), ...(streams.size === 1 && { parallel: [...streams][0] }) }
  const end: JournalRecord = { type: 'end', completedAt: new Date(last).toISOString(), rounds: rounds.length }
  return assembleJournal([experiment(tests, rounds, plan, options), ...records, end])
}

/** One file twice, or the client's and the server's file of one test. */
function checkDifferent(tests: readonly ImportedTest[]): void {
  const byId = new Map<string, string>()
  for (const { id, file } of tests) {
    const other = byId.get(id)
    if (other !== undefined)
      throw new InputError('SAME_TEST', `${other} and ${file} are the same test.`, {
        hint: 'Give each test once, best by the file of the receiver.',
      })
    byId.set(id, file)
  }
}

/** Streams a test where all of a round agree. */
function streamsOf({ tests }: ImportedRound): number | 'mixed' | 'unknown' {
  const known = new Set(tests.flatMap(({ streams }) => streams ?? []))
  const [first = 'unknown', second] = known
  return second === undefined ? first : 'mixed'
}

interface Plan {
  readonly repetitions: number
  readonly parallel?: number | string | undefined
}

function experiment(
  tests: readonly ImportedTest[],
  rounds: readonly ImportedRound[],
  plan: Plan,
  options: ImportOptions,
): ExperimentRecord {
  const { memoryMb, provider = 'imported', toolVersion } = options
  const first = tests.reduce((earliest, test) => (test.startMs < earliest.startMs ? test : earliest))
  const versions = [...new Set(tests.flatMap(({ version }) => version ?? []))].sort()
  return {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id: `iperf3-${first.id}`,
    createdAt: new Date(first.startMs).toISOString(),
    tool: { name: 'netfair import', version: toolVersion },
    provider: { name: provider },
    probe: {
      name: 'iperf3',
      version: versions.join(', ') || 'unknown',
      ...(typeof plan.parallel === 'number' && { params: { parallel: plan.parallel } }),
    },
    plan: {
      ...(memoryMb !== undefined && { memoryMb: [memoryMb] }),
      concurrency: [...new Set(rounds.map((round) => round.tests.length))].sort((a, b) => a - b),
      direction: [...new Set(rounds.map(({ direction }) => direction))].sort(),
      repetitions: plan.repetitions,
      seed: 0,
    },
  }
}

function roundRecords(
  { direction, tests }: ImportedRound,
  named: Pick<RoundRecord, 'id' | 'repetition'> & { readonly factors: Factors },
  { memoryMb }: ImportOptions,
): readonly JournalRecord[] {
  const { id, repetition, factors } = named
  const round: RoundRecord = {
    type: 'round',
    id,
    direction,
    ...(memoryMb !== undefined && { memoryMb }),
    concurrency: tests.length,
    repetition,
    ...(Object.keys(factors).length > 0 && { factors }),
    completed: true,
  }
  return [round, ...tests.flatMap((test, invocation) => samples(test, id, invocation))]
}

function samples(test: ImportedTest, round: string, invocation: number): readonly Sample[] {
  const { id: instance, file, error } = test
  const place = { type: 'sample', round, invocation, instance } as const
  const made: readonly Sample[] =
    error === undefined
      ? test.transfers.map((transfer): Sample => ({ ...place, outcome: 'completed', ...transfer, clockUncertaintyMs: stampMs }))
      : [{ ...place, outcome: 'failed', error: { code: 'IPERF3_ERROR', message: error } }]
  for (const sample of made) {
    const problem = recordProblem(sample)
    if (problem !== undefined) throw broken(file, problem)
  }
  return made
}
