/** What one configuration's chunks ran at: all natural logarithms. */
export interface RatePoint {
  /** ln of the chunks that were under way at the same time. */
  readonly x: number
  /** ln of the memory in MB. */
  readonly z: number
  /** ln of the rate of one chunk. */
  readonly y: number
}

/**
 * One limit of the rate: intercept + memory · z − sharing · x. Exponents are fixed, or `free`: then they are fitted.
 * Memory 1 is a CPU quota that grows with memory; both 0 a cap of each function; sharing 1 a capacity that all share.
 */
export interface Roof {
  readonly memory: 0 | 1 | 'free'
  readonly sharing: 0 | 1 | 'free'
}

/** A fitted limit. */
export interface Plane {
  readonly intercept: number
  readonly memory: number
  readonly sharing: number
}

/** The rate that several limits leave together. */
export interface Surface {
  readonly planes: readonly Plane[]
  /**
   * How they act together: rate^−p = Σ limit^−p. 1 = one after the other (their times add up), infinite = at the same time (the lowest one
   * counts).
   */
  readonly sharpness: number
  readonly parameters: number
  /** Σ (y − surface)². */
  readonly misfit: number
}

export const parametersOf = ({ memory, sharing }: Roof): number => 1 + (memory === 'free' ? 1 : 0) + (sharing === 'free' ? 1 : 0)

export const planeAt = ({ intercept, memory, sharing }: Plane, { x, z }: Pick<RatePoint, 'x' | 'z'>): number =>
  intercept + memory * z - sharing * x

/** ln of the rate that the limits leave. */
export function surfaceAt({ planes, sharpness }: Pick<Surface, 'planes' | 'sharpness'>, at: Pick<RatePoint, 'x' | 'z'>): number {
  let lowest = Number.POSITIVE_INFINITY
  for (const plane of planes) lowest = Math.min(lowest, planeAt(plane, at))
  if (!Number.isFinite(sharpness) || planes.length === 1) return lowest
  let sum = 0
  for (const plane of planes) sum += Math.exp(sharpness * (lowest - planeAt(plane, at)))
  return lowest - Math.log(sum) / sharpness
}

export function misfitOf(surface: Pick<Surface, 'planes' | 'sharpness'>, points: readonly RatePoint[]): number {
  let sum = 0
  for (const point of points) sum += (point.y - surfaceAt(surface, point)) ** 2
  return sum
}
