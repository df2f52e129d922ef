/** A value known at one memory size and concurrency: coordinates are logarithms. */
export interface Known {
  readonly x: number
  readonly z: number
  readonly value: number
}

/** Mean of what is known, each weighted by 1 ÷ distance² (Shepard 1968). 0 where nothing is known. */
export function neighbourly(known: readonly Known[], at: Pick<Known, 'x' | 'z'>): number {
  let sum = 0
  let weights = 0
  for (const { x, z, value } of known) {
    const squared = (x - at.x) ** 2 + (z - at.z) ** 2
    if (squared === 0) return value
    sum += value / squared
    weights += 1 / squared
  }
  return weights === 0 ? 0 : sum / weights
}
