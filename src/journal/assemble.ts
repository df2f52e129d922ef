import { isDeepEqual } from '../model/deep-equal.ts'
import { InputError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { EndRecord, ExperimentRecord, JournalRecord, RoundRecord, Sample } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import { withCompactIntervals } from './compact-intervals.ts'

/** All that the journal says about one attempt of a round. */
interface Attempt {
  readonly number: number
  readonly records: RoundRecord[]
  readonly samples: Map<string, Sample>
  conflict: string | undefined
}

/**
 * Puts the records of a journal in order, whatever order they came in: identical records count once, the highest attempt with
 * `completed: true` counts, a round with two different records for one key is excluded as `conflict`.
 *
 * @throws InputError `BROKEN_JOURNAL` without an experiment record
 */
export function assembleJournal(records: Iterable<JournalRecord>, warnings: readonly Reason[] = []): Journal {
  const assembler = new JournalAssembler()
  for (const record of records) assembler.add(record)
  return assembler.finish(warnings)
}

export class JournalAssembler {
  readonly #rounds = new Map<string, Map<number, Attempt>>()
  #experiment: ExperimentRecord | undefined
  #end: EndRecord | undefined

  add(record: JournalRecord): void {
    if (record.type === 'experiment') this.#experiment = record
    else if (record.type === 'end') this.#end = laterEnd(this.#end, record)
    else if (record.type === 'round') addRound(this.#attempt(record.id, record.attempt ?? 0), record)
    else addSample(this.#attempt(record.round, record.attempt ?? 0), record, record.direction)
  }

  finish(warnings: readonly Reason[] = []): Journal {
    const experiment = this.#experiment
    if (experiment === undefined) {
      throw new InputError('BROKEN_JOURNAL', 'The journal holds no experiment record.', { hint: 'Give a journal that netfair wrote.' })
    }
    const rounds: RoundRecord[] = []
    const samples: Sample[] = []
    const superseded: Sample[] = []
    const excluded: Reason[] = []
    const notes = [...warnings]
    for (const id of [...this.#rounds.keys()].sort()) {
      const attempts = [...(this.#rounds.get(id)?.values() ?? [])].sort((a, b) => b.number - a.number)
      const latestFirst = attempts.filter((attempt) => attempt.records.length > 0)
      for (const { number, records } of attempts) if (records.length === 0) notes.push(strayAttempt(id, number))
      const counting = latestFirst.find((attempt) => attempt.records.some((record) => record.completed === true))
      const latest = latestFirst[0]
      if (latest === undefined) continue
      const settled = counting && settle(counting)
      const valid = settled !== undefined && settled.conflict === undefined
      for (const attempt of latestFirst)
        if (!(valid && attempt === counting)) superseded.push(...[...settle(attempt).samples.values()].sort(byInvocation))
      if (valid) {
        rounds.push(merged(settled.records))
        for (const sample of [...settled.samples.values()].sort(byInvocation)) samples.push(sample)
      } else {
        rounds.push(merged(latest.records))
        excluded.push(settled?.conflict === undefined ? incomplete(id) : conflict(id, settled.conflict))
      }
    }
    const ended = this.#end === undefined ? {} : { end: this.#end }
    const spent = superseded.length === 0 ? {} : { superseded }
    return { experiment, rounds, samples, ...spent, ...ended, excluded, warnings: ended.end ? notes : [...notes, unfinished] }
  }

  #attempt(round: string, number: number): Attempt {
    const attempts = this.#rounds.get(round) ?? new Map<number, Attempt>()
    this.#rounds.set(round, attempts)
    const attempt = attempts.get(number) ?? { number, records: [], samples: new Map(), conflict: undefined }
    attempts.set(number, attempt)
    return attempt
  }
}

const unfinished: Reason = { code: 'unfinished', message: 'The journal has no end record: the run was interrupted.' }
const incomplete = (round: string): Reason => ({ code: 'incomplete', message: `Round ${round} was not completed.`, round })
const strayAttempt = (round: string, attempt: number): Reason => ({
  code: 'stray-attempt',
  message: `Round ${round}: samples of attempt ${attempt}, of which there is no other record, were skipped.`,
  round,
})
const conflict = (round: string, what: string): Reason => ({ code: 'conflict', message: `Round ${round}: ${what}.`, round })

function addRound(attempt: Attempt, record: RoundRecord): void {
  if (attempt.records.some((known) => isDeepEqual(known, record))) return
  attempt.records.push(record)
}

/** One sample a key; a second, different one is a conflict. */
function addSample(attempt: Attempt, sample: Sample, direction: string | undefined): void {
  const key = `${sample.invocation} ${direction ?? ''}`
  const known = attempt.samples.get(key)
  if (known === undefined) attempt.samples.set(key, sample)
  else if (!isDeepEqual({ ...known, attempt: attempt.number }, { ...sample, attempt: attempt.number }))
    attempt.conflict = 'two different samples of one invocation'
}

/** The attempt with all directions named, so that a sample without one meets its namesake. */
function settle(attempt: Attempt): Attempt {
  const round = merged(attempt.records)
  const settled: Attempt = { ...attempt, samples: new Map(), conflict: attempt.conflict ?? recordConflict(attempt.records) }
  for (const sample of attempt.samples.values()) {
    const unnamed = sample.direction === undefined && round.direction !== 'both'
    const named = unnamed ? withCompactIntervals({ ...sample, direction: round.direction }) : sample
    addSample(settled, named, named.direction)
  }
  return settled
}

function recordConflict(records: readonly RoundRecord[]): string | undefined {
  const cell = ({ direction, memoryMb, concurrency, repetition, factors }: RoundRecord) => ({
    direction,
    memoryMb,
    concurrency,
    repetition,
    factors,
  })
  if (records.some((record) => !isDeepEqual(cell(record), cell(records[0] ?? record)))) return 'its records name different cells'
  return records.filter((record) => record.completed === true).length > 1 ? 'two different records of its end' : undefined
}

/** What is known from start and end together; the end has the last word. */
function merged(records: readonly RoundRecord[]): RoundRecord {
  const rank = (record: RoundRecord): string => `${record.completed === true ? 1 : 0}${JSON.stringify(record)}`
  const inOrder = [...records].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  return Object.assign({}, ...inOrder) as RoundRecord
}

function laterEnd(a: EndRecord | undefined, b: EndRecord): EndRecord {
  if (a === undefined) return b
  const [atA, atB] = [Date.parse(a.completedAt), Date.parse(b.completedAt)]
  if (atA !== atB) return atA > atB ? a : b
  return JSON.stringify(a) > JSON.stringify(b) ? a : b
}

function byInvocation(a: Sample, b: Sample): number {
  return a.invocation - b.invocation || ((a.direction ?? '') < (b.direction ?? '') ? -1 : 1)
}
