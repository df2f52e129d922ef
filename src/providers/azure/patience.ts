import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 3000

export interface Patience {
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks again and again, in pauses from 0.1 to 3 seconds, until there is an answer.
 * @returns undefined where there is none within the limit
 * @throws whatever `ask` throws; the reason of the signal
 */
export async function until<Answer>(ask: () => Promise<Answer | undefined>, { limitMs, signal }: Patience): Promise<Answer | undefined> {
  const deadline = performance.now() + limitMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted()
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() + pauseMs > deadline) return undefined
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal })
  }
}
