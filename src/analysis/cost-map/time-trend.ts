import { type Known, neighbourly } from './neighbourly.ts'
import { plainSurface } from './rate-surface.ts'
import { surfaceAt } from './surface.ts'

/**
 * What functions take beside their chunks, in milliseconds ≥ 0: a power of memory and concurrency, where one fits, times what neighbours took more
 * or less than that. With less CPU everything takes longer, not only the chunks.
 */
export function timeTrend(known: readonly Known[]): (at: Pick<Known, 'x' | 'z'>) => number {
  const points = known.map(({ x, z, value }) => ({ x, z, y: Math.log(leastMs + Math.max(0, value)) }))
  const surface = plainSurface(points)
  const trend = (at: Pick<Known, 'x' | 'z'>): number => (surface === undefined ? 0 : surfaceAt(surface, at))
  const left = points.map(({ x, z, y }) => ({ x, z, value: y - trend({ x, z }) }))
  return (at) => (known.length === 0 ? 0 : Math.max(0, Math.exp(trend(at) + neighbourly(left, at)) - leastMs))
}

/** Differences below it do not matter. */
const leastMs = 1
