import { misfitOf, type Plane, planeAt, type RatePoint, type Roof, type Surface, surfaceAt } from './surface.ts'

const mostSteps = 20
/** Steps that gain less than this share end it. */
const least = 1e-4

/**
 * The same limits, acting together less sharply: Levenberg and Marquardt's steps from the sharp fit, for a sharpness that is given.
 * @returns the better the steps have made it
 */
export function roundedOff(sharp: Surface, sharpness: number, roofs: readonly Roof[], points: readonly RatePoint[]): Surface {
  let planes = sharp.planes
  let misfit = misfitOf({ planes, sharpness }, points)
  let damping = 1e-3
  for (let step = 0; step < mostSteps && damping < 1e6; step++) {
    const moved = stepFrom({ planes, sharpness }, roofs, points, damping)
    const next = moved === undefined ? Number.POSITIVE_INFINITY : misfitOf({ planes: moved, sharpness }, points)
    if (moved === undefined || !(next < misfit)) {
      damping *= 10
      continue
    }
    const gain = misfit - next
    planes = moved
    misfit = next
    damping /= 10
    if (gain < least * misfit) break
  }
  return { planes, sharpness, misfit, parameters: sharp.parameters + 1 }
}

/** What may move: of which plane, and what. */
interface Free {
  readonly plane: number
  readonly of: keyof Plane
}

function freeOf(roofs: readonly Roof[]): readonly Free[] {
  return roofs.flatMap((roof, plane): readonly Free[] => [
    { plane, of: 'intercept' },
    ...(roof.memory === 'free' ? [{ plane, of: 'memory' } as const] : []),
    ...(roof.sharing === 'free' ? [{ plane, of: 'sharing' } as const] : []),
  ])
}

function stepFrom(
  surface: Pick<Surface, 'planes' | 'sharpness'>,
  roofs: readonly Roof[],
  points: readonly RatePoint[],
  damping: number,
): readonly Plane[] | undefined {
  const free = freeOf(roofs)
  const normal = free.map(() => free.map(() => 0))
  const right = free.map(() => 0)
  for (const point of points) {
    const at = surfaceAt(surface, point)
    const slopes = free.map(({ plane, of }) => {
      const limit = surface.planes[plane] as Plane
      const weight = Math.exp(surface.sharpness * (at - planeAt(limit, point)))
      return weight * (of === 'intercept' ? 1 : of === 'memory' ? point.z : -point.x)
    })
    for (const [row, slope] of slopes.entries()) {
      right[row] = (right[row] as number) + slope * (point.y - at)
      const line = normal[row] as number[]
      for (const [column, other] of slopes.entries()) line[column] = (line[column] as number) + slope * other
    }
  }
  for (const [row, line] of normal.entries()) line[row] = (line[row] as number) * (1 + damping) + 1e-9
  const changes = solved(normal, right)
  if (changes === undefined) return undefined
  return surface.planes.map((plane, index) => {
    const own = free.flatMap((each, at) => (each.plane === index ? [[each.of, plane[each.of] + (changes[at] as number)] as const] : []))
    return { ...plane, ...Object.fromEntries(own) }
  })
}

/** Gauss and Jordan; the matrix is positive definite. It is used up. */
function solved(matrix: number[][], right: number[]): readonly number[] | undefined {
  for (const [pivot, line] of matrix.entries()) {
    const lead = line[pivot] as number
    if (!(lead > 1e-15)) return undefined
    for (const [row, other] of matrix.entries()) {
      if (row === pivot) continue
      const factor = (other[pivot] as number) / lead
      for (let column = pivot; column < line.length; column++) other[column] = (other[column] as number) - factor * (line[column] as number)
      right[row] = (right[row] as number) - factor * (right[pivot] as number)
    }
  }
  return right.map((value, row) => value / ((matrix[row] as number[])[row] as number))
}
