import type { Partition } from './partition.ts'

/** Pairs of instances, each counted at the closest level that is known. */
export interface Pairs {
  readonly sameSandbox: number
  readonly sameVm: number
  readonly sameHost: number
  readonly differentHost: number
  /** Neither together nor apart: nothing was said. */
  readonly unknown: number
}

/** Pairs among n. */
export const pairsOf = (n: number): number => (n < 2 ? 0 : (n * (n - 1)) / 2)

/** Counts pairs without making any: by the sizes of groups, and by how often each combination of separating values is there. */
export function countPairs({ groups, labels, apart }: Partition): Pairs {
  const together = [groups.sandbox, groups.vm, groups.host].map((level) =>
    level.reduce((sum, { members }) => sum + pairsOf(members.length), 0),
  )
  const [sandbox = 0, vm = 0, host = 0] = together
  const differentHost = separatedPairs(labels.host, apart)
  const all = pairsOf(labels.host.length)
  return { sameSandbox: sandbox, sameVm: vm - sandbox, sameHost: host - vm, differentHost, unknown: all - host - differentHost }
}

/** Instances whose host-level components have values for the same separators. */
interface Shape {
  readonly separators: readonly number[]
  /** Values, in the order of `separators`, and how many instances have them. */
  readonly rows: Map<string, { readonly values: readonly string[]; count: number }>
}

/** Pairs of which some separator has two different values. */
function separatedPairs(labels: Int32Array, apart: Partition['apart']): number {
  const shapes = [...shapesOf(labels, apart).values()]
  let separated = 0
  for (const [at, shape] of shapes.entries()) {
    separated += pairsOf(sizeOf(shape))
    for (const { count } of shape.rows.values()) separated -= pairsOf(count)
    for (const other of shapes.slice(at + 1)) separated += separatedBetween(shape, other)
  }
  return separated
}

function shapesOf(labels: Int32Array, apart: Partition['apart']): Map<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const label of labels) {
    const own = apart.get(label) ?? new Map<number, string>()
    const separators = [...own.keys()].sort((a, b) => a - b)
    if (separators.length === 0) continue
    const name = separators.join(' ')
    const shape = shapes.get(name) ?? { separators, rows: new Map() }
    shapes.set(name, shape)
    const values = separators.map((number) => own.get(number) ?? '')
    const row = shape.rows.get(JSON.stringify(values)) ?? { values, count: 0 }
    row.count++
    shape.rows.set(JSON.stringify(values), row)
  }
  return shapes
}

const sizeOf = ({ rows }: Shape): number => [...rows.values()].reduce((sum, { count }) => sum + count, 0)

function separatedBetween(a: Shape, b: Shape): number {
  const common = a.separators.filter((number) => b.separators.includes(number))
  if (common.length === 0) return 0
  const counts = new Map<string, number>()
  for (const { values, count } of a.rows.values()) {
    const name = JSON.stringify(common.map((number) => values[a.separators.indexOf(number)]))
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  let equal = 0
  for (const { values, count } of b.rows.values()) {
    equal += count * (counts.get(JSON.stringify(common.map((number) => values[b.separators.indexOf(number)]))) ?? 0)
  }
  return sizeOf(a) * sizeOf(b) - equal
}
