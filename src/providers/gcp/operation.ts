import type { CallOptions } from './sdk.ts'
import { untilAborted } from './until-aborted.ts'

/** A long-running operation, as the SDK wraps it. */
interface Operation {
  promise(): Promise<unknown>
  removeAllListeners(event: 'complete'): unknown
}

/** How often an operation is asked after: a build takes a minute or two. */
export const POLLING: CallOptions = {
  longrunning: {
    initialRetryDelayMillis: 100,
    retryDelayMultiplier: 1.5,
    maxRetryDelayMillis: 5000,
    totalTimeoutMillis: 20 * 60_000,
  },
}

/**
 * Resolves when the operation has succeeded. An abort ends the waiting, not the operation: Google does not cancel those of functions.
 * @throws the operation's error; the signal's reason
 */
export async function finished(operation: Operation, signal?: AbortSignal): Promise<void> {
  try {
    await untilAborted(operation.promise(), signal)
  } finally {
    operation.removeAllListeners('complete') // nobody listens: it is asked after no more
  }
}
