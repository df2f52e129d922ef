import { fitRoofs } from './roofs.ts'
import { roundedOff } from './round-off.ts'
import type { RatePoint, Roof, Surface } from './surface.ts'

const quota: Roof = { memory: 1, sharing: 0 }
const growing: Roof = { memory: 'free', sharing: 0 }
const cap: Roof = { memory: 0, sharing: 0 }
const capacity: Roof = { memory: 0, sharing: 1 }
const losing: Roof = { memory: 0, sharing: 'free' }

/**
 * The verdicts of sharing and of memory, joined: a function gets what its memory allows (flat, proportional, saturating, sublinear), and no
 * more than its share of what all get together (isolated, shared, capped, degrading); or both are powers (partial).
 */
const models: readonly (readonly Roof[])[] = [
  [cap],
  [quota],
  [growing],
  [capacity],
  [losing],
  [{ memory: 'free', sharing: 'free' }],
  [quota, cap],
  [growing, cap],
  [cap, capacity],
  [cap, losing],
  [quota, capacity],
  [growing, capacity],
  [quota, losing],
  [quota, cap, capacity],
  [growing, cap, capacity],
  [quota, cap, losing],
]

/** Times that add up, and two ways between that and the lowest limit alone. */
const sharpnesses = [1, 2, 4]
/** Of the models that fit best where only the lowest limit counts. */
const mostRounded = 5

/** A surface that is closer than this to every point needs no more parameters: logarithm, 2 %. */
const closeEnough = 0.02

/**
 * The model with the least N ln(misfit ÷ N) + k ln N (Schwarz 1978); what it leaves is taken for noise, so that a curve that is
 * none of these buys no parameters.
 * @returns undefined below two points
 */
export function rateSurface(points: readonly RatePoint[]): Surface | undefined {
  return bestSurface(points, models)
}

/** A constant, or a power of memory, of sharing or of both; chosen likewise. */
export function plainSurface(points: readonly RatePoint[]): Surface | undefined {
  return bestSurface(
    points,
    models.filter((roofs) => roofs.length === 1),
  )
}

function bestSurface(points: readonly RatePoint[], among: readonly (readonly Roof[])[]): Surface | undefined {
  const criterion = ({ misfit, parameters }: Surface): number =>
    points.length * Math.log(misfit / points.length + closeEnough ** 2) + parameters * Math.log(points.length)
  const fitting = (surface: Surface): boolean => surface.parameters < points.length
  const sharp = among.flatMap((roofs): readonly Fitted[] => {
    const surface = fitRoofs(points, roofs)
    return surface === undefined || !fitting(surface) ? [] : [{ roofs, surface }]
  })
  sharp.sort((a, b) => criterion(a.surface) - criterion(b.surface))
  const rounded = sharp
    .filter(({ roofs }) => roofs.length > 1)
    .slice(0, mostRounded)
    .flatMap(({ roofs, surface }) => sharpnesses.map((sharpness) => roundedOff(surface, sharpness, roofs, points)))
  const surfaces = [...sharp.map(({ surface }) => surface), ...rounded.filter(fitting)]
  return surfaces.reduce<Surface | undefined>(
    (best, surface) => (best === undefined || criterion(surface) < criterion(best) ? surface : best),
    undefined,
  )
}

interface Fitted {
  readonly roofs: readonly Roof[]
  readonly surface: Surface
}
