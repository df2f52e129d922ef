/**
 * How n functions share chunks of equal size, all at the same pace: whole waves of n, then a last one of what is left, in which each has
 * more of the network.
 */
export interface Waves {
  /** Until the last chunk is done, in milliseconds. */
  readonly responseMs: number
  /** Σ over chunks, in milliseconds. */
  readonly aggregatedMs: number
}

/**
 * @param chunkMs - what a chunk takes where so many are under way
 * @param gapMs - between two chunks of a function
 */
export function inWaves(chunks: number, concurrency: number, gapMs: number, chunkMs: (together: number) => number): Waves {
  const whole = Math.floor(chunks / concurrency)
  const rest = chunks % concurrency
  const each = whole > 0 ? steadyChunkMs(concurrency, gapMs, chunkMs) : 0
  const last = rest > 0 ? steadyChunkMs(rest, gapMs, chunkMs) : 0
  return {
    responseMs: whole * (each + gapMs) + (rest > 0 ? last + gapMs : 0),
    aggregatedMs: whole * concurrency * each + rest * last,
  }
}

const mostSteps = 60

/**
 * While some functions are between two chunks the others have the network: of n, n × chunk ÷ (chunk + gap) are under way (the response time law of
 * closed systems, Lazowska and others 1984). Found by bisection: more under way is more time each.
 */
function steadyChunkMs(concurrency: number, gapMs: number, chunkMs: (together: number) => number): number {
  if (gapMs === 0) return chunkMs(concurrency)
  let [low, high] = [Math.min(1, concurrency), concurrency]
  for (let step = 0; step < mostSteps && high - low > 1e-9 * high; step++) {
    const together = (low + high) / 2
    const each = chunkMs(together)
    if ((concurrency * each) / (each + gapMs) > together) low = together
    else high = together
  }
  return chunkMs((low + high) / 2)
}

/** How many chunks each function moves: by their number. */
export function dealt(chunks: number, concurrency: number): readonly { readonly chunks: number; readonly functions: number }[] {
  const whole = Math.floor(chunks / concurrency)
  const more = chunks % concurrency
  return [
    { chunks: whole + 1, functions: more },
    { chunks: whole, functions: concurrency - more },
  ].filter(({ functions }) => functions > 0)
}
