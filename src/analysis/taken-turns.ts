import type { Sample } from '../model/journal-record.ts'

/** Into how few instances the invocations of a round went. */
export interface TakenTurns {
  readonly invocations: number
  readonly instances: number
}

/**
 * Whether invocations of one round went into the same instance, so that they took turns. Then all of them may have completed, or the later
 * ones came when the others had begun (`ROUND_RELEASED`).
 *
 * @param samples - of one attempt of a round
 * @returns undefined where every invocation had an instance of its own, and where one failed for another reason: that is what the round tells
 */
export function takenTurns(samples: readonly Sample[]): TakenTurns | undefined {
  if (samples.some((sample) => sample.outcome !== 'completed' && sample.error.code !== 'ROUND_RELEASED')) return undefined
  const named = samples.filter(({ instance }) => instance !== undefined)
  const invocations = new Set(named.map(({ invocation }) => invocation)).size
  const instances = new Set(named.map(({ instance }) => instance)).size
  return instances < invocations ? { invocations, instances } : undefined
}
