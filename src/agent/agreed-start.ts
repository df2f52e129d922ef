import { MeasurementError } from '../model/errors.ts'
import type { CommonMs } from '../model/units.ts'
import type { CommonClock } from './common-clock.ts'
import { sleep } from './within.ts'

/** The last stretch before the start is slept with the event loop blocked: timers are a millisecond or more late. */
const BLOCKED_MS = 20
/**
 * How late a start may be. A late function measures all the same and its `startedAtMs` says when, so that the analysis can judge the
 * overlap; beyond this its traffic would only disturb the others.
 */
export const LATEST_START_MS = 500

/**
 * Resolves at the agreed start, without spinning.
 * @throws MeasurementError `START_MISSED` when it was more than {@link LATEST_START_MS} ago
 */
export async function waitForStart(startAt: CommonMs, clock: CommonClock, signal: AbortSignal): Promise<void> {
  for (let left = startAt - clock.now(); left > BLOCKED_MS; left = startAt - clock.now()) await sleep(left - BLOCKED_MS / 2, signal)
  signal.throwIfAborted()
  const lateMs = clock.now() - startAt
  if (lateMs > LATEST_START_MS) {
    throw new MeasurementError(
      'START_MISSED',
      `The round began ${Math.round(lateMs)} ms before this function was ready; ${LATEST_START_MS} are allowed.`,
      {
        hint: 'Raise the time that functions wait for each other, or see why this one was late.',
      },
    )
  }
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  for (let left = -lateMs; left > 0; left = startAt - clock.now()) Atomics.wait(nobody, 0, 0, left)
}
