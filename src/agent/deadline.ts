import { MeasurementError } from '../model/errors.ts'

export interface Deadline {
  /** Aborted when the time is over, when the caller aborts, and by `end`. */
  readonly signal: AbortSignal
  /** The task is over: whatever still runs for it stops. Idempotent. */
  end(): void
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** One signal for all that a task waits for. Its reason is a `MeasurementError` `DEADLINE` or `TASK_ABORTED`. */
export function startDeadline(deadlineMs: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController()
  const end = (error: MeasurementError) => {
    clearTimeout(timer)
    caller?.removeEventListener('abort', abort)
    controller.abort(error)
  }
  const abort = () => end(aborted('The caller aborted the task.', caller?.reason))
  const timer = setTimeout(() => end(passed(deadlineMs)), Math.min(deadlineMs, LONGEST_TIMER_MS))
  caller?.addEventListener('abort', abort, { once: true })
  if (caller?.aborted) abort()
  return { signal: controller.signal, end: () => end(aborted('The task is over.')) }
}

function passed(deadlineMs: number): MeasurementError {
  return new MeasurementError('DEADLINE', `The task was not done within its ${deadlineMs} ms.`, {
    hint: 'Give it more time, or see what the target and the other functions waited for.',
  })
}

function aborted(message: string, cause?: unknown): MeasurementError {
  return new MeasurementError('TASK_ABORTED', message, { hint: 'Run the round again.', cause })
}
