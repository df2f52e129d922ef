import { CommanderError } from 'commander'
import { Interruption } from './interruption.ts'

/** Exit codes by the class of an error; compared by name, since an experiment file may load another copy of netfair. */
const byName: Readonly<Record<string, number>> = { ExpectationError: 1, InputError: 2, MeasurementError: 3, NetfairError: 3 }

/** 0 fine, 1 an expectation failed, 2 usage or input, 3 could not measure, 130 and 143 after a signal. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Interruption) return error.exitCode
  return error instanceof Error ? (byName[error.name] ?? 3) : 3
}

/** What happened, why, and what to do. The stack is shown only for errors that netfair did not foresee. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return `netfair: ${String(error)}`
  if (error instanceof Interruption) return `netfair: ${error.message}`
  if (!('code' in error && 'hint' in error)) return `netfair: ${error.stack ?? error.message}`
  const cause = error.cause instanceof Error ? [`  because: ${error.cause.message}`] : []
  return [`netfair: ${error.message} [${String(error.code)}]`, ...cause, `  ${String(error.hint)}`].join('\n')
}
