import { InputError } from '../model/errors.ts'
import type { JournalRecord } from '../model/journal-record.ts'
import type { Reason } from '../model/report.ts'
import { type JournalSource, type Line, lineBatches } from './lines.ts'
import { recordProblem } from './record-check.ts'

export interface ReadOptions {
  /** What was passed over: `torn-line`, and at the end `unknown-type`, once a type. */
  readonly onWarning?: (warning: Reason) => void
  /** How messages call the journal. Default: its path, or `standard input`. */
  readonly name?: string
}

const knownTypes: ReadonlySet<unknown> = new Set(['experiment', 'round', 'sample', 'end'])

/**
 * Reads a journal record by record, in constant memory. Never writes to it.
 *
 * Every record is checked against the schema, and beside it: times and intervals in order, bytes that add up, each sample's
 * round exists, one experiment. The writer puts the experiment first; the reader takes it anywhere, since the order of lines
 * never matters. Blank lines are passed over. Identical lines are given as often as they stand there: {@link loadJournal} counts them once.
 *
 * @throws InputError `BROKEN_JOURNAL` (with the line and what is wrong), `EMPTY_JOURNAL` (no record at all), `JOURNAL_NOT_FOUND`,
 * `JOURNAL_UNREADABLE`
 */
export async function* readJournal(source: JournalSource, options: ReadOptions = {}): AsyncGenerator<JournalRecord> {
  const name = options.name ?? (typeof source === 'string' ? source : 'standard input')
  const references = new References(name)
  const unknownTypes = new Set<string>()
  for await (const batch of lineBatches(source, name)) {
    for (const line of batch) {
      const record = parseLine(line, name, unknownTypes, options.onWarning)
      if (record === undefined) continue
      references.add(record, line)
      yield record
    }
  }
  for (const warning of skipped(unknownTypes)) options.onWarning?.(warning)
  references.check()
}

/** One warning a type, without numbers of lines: neither their order nor their repetition matters. */
function skipped(unknownTypes: ReadonlySet<string>): readonly Reason[] {
  return [...unknownTypes].sort().map((type) => ({
    code: 'unknown-type',
    message: `Lines of the unknown type ${JSON.stringify(type)} were skipped.`,
  }))
}

function parseLine(line: Line, name: string, unknownTypes: Set<string>, onWarning: ReadOptions['onWarning']): JournalRecord | undefined {
  if (line.text.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(line.text)
  } catch (cause) {
    if (line.terminated) throw broken(name, line.number, 'it is not JSON', cause)
    onWarning?.({ code: 'torn-line', message: `Line ${line.number}, the last one, is torn and was dropped.` })
    return undefined
  }
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
  if (typeof type === 'string' && !knownTypes.has(type)) {
    const shown = type.length > 40 ? `${type.slice(0, 40)}…` : type
    unknownTypes.add(shown)
    return undefined
  }
  const problem = recordProblem(value)
  if (problem !== undefined) throw broken(name, line.number, problem)
  return value as JournalRecord
}

/** What can be checked only over several lines. Its memory grows with the rounds, not with the samples. */
class References {
  readonly #name: string
  readonly #rounds = new Set<string>()
  /** Round → line of its first sample, as long as the round was not seen. */
  readonly #awaited = new Map<string, number>()
  #experiment: string | undefined
  #records = 0

  constructor(name: string) {
    this.#name = name
  }

  add(record: JournalRecord, line: Line): void {
    this.#records++
    if (record.type === 'round') {
      this.#rounds.add(record.id)
      this.#awaited.delete(record.id)
    } else if (record.type === 'sample') {
      if (!this.#rounds.has(record.round) && !this.#awaited.has(record.round)) this.#awaited.set(record.round, line.number)
    } else if (record.type === 'experiment') {
      const text = JSON.stringify(record)
      this.#experiment ??= text
      if (text !== this.#experiment) throw broken(this.#name, line.number, 'it is a second, different experiment')
    }
  }

  check(): void {
    if (this.#records === 0) {
      throw new InputError('EMPTY_JOURNAL', `${this.#name}: the journal holds no record.`, { hint: 'Run the experiment again.' })
    }
    if (this.#experiment === undefined) throw broken(this.#name, 1, 'the journal holds no experiment record')
    for (const [round, line] of this.#awaited) throw broken(this.#name, line, `its round ${JSON.stringify(round)} is not in the journal`)
  }
}

function broken(name: string, line: number, reason: string, cause?: unknown): InputError {
  return new InputError('BROKEN_JOURNAL', `${name}: line ${line} is broken: ${reason}.`, {
    hint: 'Correct or remove this line, or give a journal that netfair wrote.',
    cause,
  })
}
