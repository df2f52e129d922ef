import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpAnswer } from './https-exchange.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4000
/** Status of a request for which there was no instance. */
export const TOO_MANY = 429

/** The last answer, and how often the platform had no instance before it. */
export interface PacedAnswer {
  readonly answer: HttpAnswer
  readonly throttled: number
}

/**
 * Sends again what the platform has not started, because it had no instance free (status 429); nothing else is ever sent twice.
 * @param limitMs - from now to the last attempt
 */
export async function paced(send: () => Promise<HttpAnswer>, limitMs: number, signal: AbortSignal): Promise<PacedAnswer> {
  const deadline = performance.now() + limitMs
  let pauseMs = FIRST_PAUSE_MS
  for (let throttled = 0; ; throttled++) {
    const answer = await send()
    if (answer.status !== TOO_MANY) return { answer, throttled }
    const pause = Math.max(askedFor(answer), pauseMs * (0.5 + Math.random() / 2))
    if (performance.now() + pause > deadline) return { answer, throttled: throttled + 1 }
    await sleep(pause, undefined, { signal })
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
  }
}

/** `Retry-After` in milliseconds; 0 where there is none. */
function askedFor({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after'])
  return seconds > 0 ? seconds * 1000 : 0
}
