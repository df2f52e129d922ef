import { misfitOf, type Plane, parametersOf, planeAt, type RatePoint, type Roof, type Surface } from './surface.ts'

/**
 * Fits the lowest of several roofs by alternating least squares: each point belongs to the roof that is lowest over it, each roof is fitted to
 * its points, until nothing changes (after Magnani and Boyd 2009). From several ways to cut the points by a memory size and a concurrency;
 * the best one stays.
 *
 * @returns undefined where some roof never has a point, or has fewer than it has parameters
 */
export function fitRoofs(points: readonly RatePoint[], roofs: readonly Roof[]): Surface | undefined {
  const tried = new Set<string>()
  let best: Surface | undefined
  for (const start of starts(points, roofs)) {
    const name = start.join('')
    if (tried.has(name)) continue
    tried.add(name)
    const surface = alternate(points, roofs, start)
    if (surface !== undefined && (best === undefined || surface.misfit < best.misfit)) best = surface
  }
  return best
}

const mostSteps = 30

function alternate(points: readonly RatePoint[], roofs: readonly Roof[], start: readonly number[]): Surface | undefined {
  let owners = start
  for (let step = 1; ; step++) {
    const planes = fitPlanes(points, roofs, owners)
    if (planes === undefined) return undefined
    const next = points.map((point) => lowest(planes, point))
    if (step === mostSteps || next.every((owner, at) => owner === owners[at])) {
      const sharpness = Number.POSITIVE_INFINITY
      const parameters = roofs.reduce((sum, roof) => sum + parametersOf(roof), 0)
      return { planes, sharpness, parameters, misfit: misfitOf({ planes, sharpness }, points) }
    }
    owners = next
  }
}

function fitPlanes(points: readonly RatePoint[], roofs: readonly Roof[], owners: readonly number[]): readonly Plane[] | undefined {
  const planes: Plane[] = []
  for (const [index, roof] of roofs.entries()) {
    const plane = fitPlane(
      points.filter((_, at) => owners[at] === index),
      roof,
    )
    if (plane === undefined) return undefined
    planes.push(plane)
  }
  return planes
}

function lowest(planes: readonly Plane[], point: RatePoint): number {
  let least = 0
  for (let index = 1; index < planes.length; index++) {
    if (planeAt(planes[index] as Plane, point) < planeAt(planes[least] as Plane, point)) least = index
  }
  return least
}

/** To whom the points may belong at first: to the roof of sharing from a concurrency on, to that of memory up to a size, else to the cap. */
function starts(points: readonly RatePoint[], roofs: readonly Roof[]): readonly (readonly number[])[] {
  if (roofs.length === 1) return [points.map(() => 0)]
  const memory = roofs.findIndex((roof) => roof.memory !== 0)
  const sharing = roofs.findIndex((roof) => roof.sharing !== 0)
  const cap = roofs.findIndex((roof) => roof.memory === 0 && roof.sharing === 0)
  const sizes = memory < 0 ? [Number.NEGATIVE_INFINITY] : cuts(points.map(({ z }) => z))
  const crowds = sharing < 0 ? [Number.POSITIVE_INFINITY] : cuts(points.map(({ x }) => x))
  return sizes.flatMap((size) =>
    crowds.map((crowd) =>
      points.map(({ x, z }) => {
        if (memory >= 0 && z <= size && x < crowd) return memory
        if (sharing >= 0 && (x >= crowd || cap < 0)) return sharing
        return cap >= 0 ? cap : memory
      }),
    ),
  )
}

const mostCuts = 4

/** A few of the values, evenly: concurrency as it was seen differs in every cell. */
function cuts(values: readonly number[]): readonly number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b)
  const count = Math.min(mostCuts, sorted.length)
  return Array.from({ length: count }, (_, index) => sorted[Math.floor(((index + 0.5) * sorted.length) / count)] as number)
}

/** Least squares. */
function fitPlane(points: readonly RatePoint[], roof: Roof): Plane | undefined {
  if (points.length < parametersOf(roof)) return undefined
  const memory = roof.memory === 'free' ? 0 : roof.memory
  const sharing = roof.sharing === 'free' ? 0 : roof.sharing
  let [x0, z0, y0] = [0, 0, 0]
  for (const { x, z, y } of points) {
    x0 += x / points.length
    z0 += z / points.length
    y0 += (y - memory * z + sharing * x) / points.length
  }
  const sums = { xx: 0, zz: 0, xz: 0, xy: 0, zy: 0 }
  for (const point of points) {
    const [x, z, y] = [point.x - x0, point.z - z0, point.y - memory * point.z + sharing * point.x - y0]
    sums.xx += x * x
    sums.zz += z * z
    sums.xz += x * z
    sums.xy += x * y
    sums.zy += z * y
  }
  const slopes = freeSlopes(roof, sums)
  if (slopes === undefined) return undefined
  return { memory: memory + slopes.z, sharing: sharing - slopes.x, intercept: y0 - slopes.z * z0 - slopes.x * x0 }
}

function freeSlopes(
  { memory, sharing }: Roof,
  { xx, zz, xz, xy, zy }: Readonly<Record<'xx' | 'zz' | 'xz' | 'xy' | 'zy', number>>,
): { readonly x: number; readonly z: number } | undefined {
  const tiny = 1e-9
  if (memory === 'free' && sharing === 'free') {
    const determinant = xx * zz - xz * xz
    return determinant < tiny ? undefined : { x: (xy * zz - zy * xz) / determinant, z: (zy * xx - xy * xz) / determinant }
  }
  if (memory === 'free') return zz < tiny ? undefined : { x: 0, z: zy / zz }
  if (sharing === 'free') return xx < tiny ? undefined : { x: xy / xx, z: 0 }
  return { x: 0, z: 0 }
}
