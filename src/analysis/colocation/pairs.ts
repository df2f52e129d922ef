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

/** Labels that have values for the same separators. */
interface Shape {
  readonly separators: readonly number[]
  /** Combinations of values: that of the label, and how many instances have it. */
  readonly rows: { readonly label: number; readonly count: number }[]
}

/** Pairs of which some separator has two different values. */
function separatedPairs(labels: Int32Array, apart: Partition['apart']): number {
  const shapes = shapesOf(labels, apart)
  let separated = 0
  for (const [at, shape] of shapes.entries()) {
    separated += pairsOf(sizeOf(shape))
    for (const { count } of shape.rows) separated -= pairsOf(count)
    for (const other of shapes.slice(at + 1)) separated += separatedBetween(shape, other, apart)
  }
  return separated
}

/** Instances by their combinations of values, and those by which values there are; no shape for none. */
function shapesOf(labels: Int32Array, apart: Partition['apart']): Shape[] {
  const separators = [...apart.keys()]
  const shapes = new Map<string, Shape>()
  for (const { label, count } of rowsOf(labels, apart)) {
    const own = separators.filter((number) => (apart[number]?.[label] ?? -1) >= 0)
    if (own.length === 0) continue
    const shape = shapes.get(own.join()) ?? { separators: own, rows: [] }
    if (shape.rows.push({ label, count }) === 1) shapes.set(own.join(), shape)
  }
  return [...shapes.values()]
}

/** Equal in all columns: refined column by column, so that no combination is ever written out. */
function rowsOf(labels: Int32Array, columns: readonly Int32Array[]): { label: number; count: number }[] {
  const numbers = new Int32Array(labels.length)
  for (const column of columns) {
    const known = new Map<number, number>()
    for (const [index, label] of labels.entries()) {
      // Values and rows are fewer than instances: a number of its own for each pair of them.
      const pair = (numbers[index] ?? 0) * (labels.length + 2) + Math.max(-1, column[label] ?? -1)
      const row = known.get(pair) ?? known.size
      if (row === known.size) known.set(pair, row)
      numbers[index] = row
    }
  }
  const rows: { label: number; count: number }[] = []
  for (const [index, label] of labels.entries()) {
    const row = rows[numbers[index] ?? 0]
    if (row === undefined) rows[numbers[index] ?? 0] = { label, count: 1 }
    else row.count++
  }
  return rows
}

const sizeOf = ({ rows }: Shape): number => rows.reduce((sum, { count }) => sum + count, 0)

function separatedBetween(a: Shape, b: Shape, apart: Partition['apart']): number {
  const common = a.separators.filter((number) => b.separators.includes(number))
  if (common.length === 0) return 0
  const nameOf = (label: number): string => common.map((number) => apart[number]?.[label]).join()
  const counts = new Map<string, number>()
  for (const { label, count } of a.rows) counts.set(nameOf(label), (counts.get(nameOf(label)) ?? 0) + count)
  const equal = b.rows.reduce((sum, { label, count }) => sum + count * (counts.get(nameOf(label)) ?? 0), 0)
  return sizeOf(a) * sizeOf(b) - equal
}
