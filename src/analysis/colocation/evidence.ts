import { widthOf } from './level.ts'
import type { InstanceObservations, Meaning, Scope } from './observation.ts'
import { placeWithin } from './tolerant-values.ts'

/** Instances that one value links, every one with every other. Instances are numbers, in the order given. */
export interface Link {
  /** `basis:key`, as in the report: `identifier:boot-id`, `contention:network`. */
  readonly name: string
  readonly scope: Exclude<Scope, 'stratum'>
  /** How sure it is that two of them are together, 0–1. */
  readonly confidence: number
  /** Two or more, ascending. */
  readonly members: readonly number[]
}

/** A key whose different values prove different places. */
export interface Separator {
  readonly key: string
  /** Position in `LEVELS`: what it tells apart, and with it all that is closer. */
  readonly width: number
  /** Of clocks and counters: a proof that a strong link outweighs. */
  readonly soft: boolean
}

/** What links instances, and what keeps them apart. Pairs are never written out: memory and time grow with the observations. */
export interface Evidence {
  readonly instances: number
  readonly links: readonly Link[]
  readonly separators: readonly Separator[]
  /** Of each instance, by the number of the separator: its value. */
  readonly apart: readonly ReadonlyMap<number, string>[]
}

interface Table {
  readonly meaning: Meaning
  readonly holders: number[]
  readonly values: string[]
}

/**
 * Turns observations into links and separations. Values that only prove nothing leave no trace; a value that is missing is no value.
 *
 * @param minimumConfidence - values that link with less are no links, 0–1
 */
export function evidenceOf(all: readonly InstanceObservations[], minimumConfidence: number): Evidence {
  const links: Link[] = []
  const separators: Separator[] = []
  const apart = all.map(() => new Map<number, string>())
  for (const table of tabulate(all)) {
    const { key, basis, scope, confidence, separates, tolerance } = table.meaning
    const places = tolerance === undefined ? undefined : placeWithin(table.values.map(Number), tolerance)
    const width = widthOf(separates)
    if (width !== undefined) {
      const number = separators.push({ key, width, soft: tolerance !== undefined }) - 1
      const values = places?.map(({ chain }) => `${chain}`) ?? table.values
      for (const [at, holder] of table.holders.entries()) apart[holder]?.set(number, values[at] ?? '')
    }
    if (scope === 'stratum' || confidence < minimumConfidence) continue
    const values = places?.map(({ group }) => group) ?? table.values
    for (const members of shared(values, table.holders)) links.push({ name: `${basis}:${key}`, scope, confidence, members })
  }
  return { instances: all.length, links, separators, apart }
}

/** Observations that may be compared with each other, a table for each kind; none for kinds that say nothing. */
function tabulate(all: readonly InstanceObservations[]): readonly Table[] {
  const tables: Table[] = []
  // Maps in maps: a name made of all parts would cost more than all the rest.
  const byKey = new Map<string, Map<Scope, Map<string, Table>>>()
  for (const [holder, { observations }] of all.entries()) {
    for (const observation of observations) {
      const { key, scope, realm, separates, confidence, value } = observation
      if (confidence === 0 && separates === undefined) continue
      const byScope = byKey.get(key) ?? new Map<Scope, Map<string, Table>>()
      const byRealm = byScope.get(scope) ?? new Map<string, Table>()
      const table = byRealm.get(realm) ?? { meaning: observation, holders: [], values: [] }
      if (table.holders.push(holder) === 1) {
        tables.push(table)
        byKey.set(key, byScope.set(scope, byRealm.set(realm, table)))
      }
      table.values.push(value)
    }
  }
  return tables
}

/** The holders of each value that two or more have. */
function shared(values: readonly (string | number | undefined)[], holders: readonly number[]): number[][] {
  // Most values are names of one instance: no list for those.
  const first = new Map<string | number, number>()
  const groups = new Map<string | number, number[]>()
  for (const [at, holder] of holders.entries()) {
    const value = values[at]
    if (value === undefined) continue
    const one = first.get(value)
    if (one === undefined) first.set(value, holder)
    else {
      const group = groups.get(value)
      if (group === undefined) groups.set(value, [one, holder])
      else group.push(holder)
    }
  }
  return [...groups.values()]
}
