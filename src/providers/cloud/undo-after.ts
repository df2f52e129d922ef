import { MeasurementError, NetfairError } from '../../model/errors.ts'

/**
 * Takes back what a failed work has made, then throws why it failed. Where that cannot be taken back either, both are said: what is left must
 * not hide what there is to mend.
 * @throws the failure; MeasurementError `CLEANUP_INCOMPLETE` where `undo` throws it
 */
export async function undoAfter(failure: unknown, undo: () => Promise<void>): Promise<never> {
  try {
    await undo()
  } catch (error) {
    if (!(error instanceof NetfairError && failure instanceof NetfairError)) throw error
    throw new MeasurementError(error.code, `${failure.message} Then: ${error.message}`, { hint: `${failure.hint} Then: ${error.hint}` })
  }
  throw failure
}
