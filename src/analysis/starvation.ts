import type { Division } from './measured-round.ts'

/** A function that stays far below its round's mean in every round. */
export interface Starved {
  /** `function 3` or `instance abc`. */
  readonly name: string
  readonly invocation?: number
  /** After correction over all functions tested. */
  readonly pValue: number
}

/**
 * Finds functions (by invocation index, or by instance) below `share` of the mean in every round.
 *
 * If shares were dealt out anew in each round, a given function would be among the k of n starved ones with probability k/n; over
 * independent rounds the probabilities multiply. Exact for any distribution of rates; Bonferroni over all functions tested.
 */
export function starvedFunctions(rounds: readonly Division[], share: number): readonly Starved[] {
  const starving = rounds.map(({ rates, aggregate }) => rates.map((rate) => rate < (share * aggregate) / rates.length))
  const chance = starving.reduce((product, flags) => (product * flags.filter(Boolean).length) / flags.length, 1)
  const candidates = [...tracks(rounds)]
  return candidates
    .filter(([, { positions }]) => positions.every((position, round) => starving[round]?.[position] === true))
    .map(([, { name, invocation }]) => ({
      name,
      pValue: Math.min(1, chance * candidates.length),
      ...(invocation !== undefined && { invocation }),
    }))
    .filter(({ pValue }) => pValue <= 0.05)
}

interface Track {
  readonly name: string
  readonly invocation?: number
  /** Where the function stands in each round. */
  readonly positions: readonly number[]
}

/** Every function that can be followed through all rounds, once: an instance that always had the same index is that index. */
function tracks(rounds: readonly Division[]): Map<string, Track> {
  const found = new Map<string, Track>()
  const add = (track: Track): void => {
    const key = track.positions.join()
    if (!found.has(key)) found.set(key, track)
  }
  const first = rounds[0]
  for (const [invocation, instance] of (first?.instances ?? []).entries()) {
    if (rounds.every(({ rates }) => invocation < rates.length))
      add({ name: `function ${invocation}`, invocation, positions: rounds.map(() => invocation) })
    const positions = rounds.map(({ instances }) => instances.indexOf(instance))
    if (!positions.includes(-1)) add({ name: `instance ${instance}`, positions })
  }
  return found
}
