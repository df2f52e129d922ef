/** What an error carries beside its message. */
export interface ErrorDetail {
  /** What to do about it, in one sentence. */
  readonly hint: string
  /** The error that led to this one. */
  readonly cause?: unknown
}

/**
 * Base of every error that netfair throws.
 *
 * The message says what happened, with the value, and what is allowed; {@link NetfairError.hint | hint} says what to do.
 * A measurement that failed is no error: it is a sample with `outcome: 'failed'`.
 */
export class NetfairError extends Error {
  override readonly name: string = 'NetfairError'
  /** Stable, upper-case, for programs: `JOURNAL_EXISTS`, `HOST_BUSY`, … */
  readonly code: string
  /** What to do about it. */
  readonly hint: string

  constructor(code: string, message: string, { hint, cause }: ErrorDetail) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

/** The caller's input cannot be used: an option, a file, a journal. Nothing was deployed or spent. Exit code 2. */
export class InputError extends NetfairError {
  override readonly name = 'InputError'
}

/** netfair could not measure: the host, the target, the disk or the provider does not allow it. Data so far is kept. Exit code 3. */
export class MeasurementError extends NetfairError {
  override readonly name = 'MeasurementError'
  /** Of an invocation that failed: what the platform bills for it all the same, in milliseconds; 0 where it did not start. Absent: not known. */
  readonly billedMs?: number

  constructor(code: string, message: string, { billedMs, ...detail }: ErrorDetail & { readonly billedMs?: number }) {
    super(code, message, detail)
    if (billedMs !== undefined) this.billedMs = billedMs
  }
}

/** An expectation about a report does not hold. Exit code 1. */
export class ExpectationError extends NetfairError {
  override readonly name = 'ExpectationError'
}
