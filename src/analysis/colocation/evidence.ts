import { widthOf } from './level.ts'
import type { InstanceObservations, Kind, Observation, Scope } from './observation.ts'
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
  /** Of each instance: a number that stands for its value; below 0: it has none. */
  readonly values: Int32Array
}

/** What links instances, and what keeps them apart. Pairs are never written out: memory and time grow with the observations. */
export interface Evidence {
  readonly instances: number
  readonly links: readonly Link[]
  readonly separators: readonly Separator[]
}

/** All values of one kind, by who has them. */
interface Table {
  readonly kind: Kind
  readonly holders: number[]
  readonly observations: Observation[]
}

/**
 * Turns observations into links and separations. Values that only prove nothing leave no trace; a value that is missing is no value.
 *
 * @param minimumConfidence - values that link with less are no links, 0–1
 */
export function evidenceOf(all: readonly InstanceObservations[], minimumConfidence: number): Evidence {
  const links: Link[] = []
  const separators: Separator[] = []
  for (const { kind, holders, observations } of tabulate(all, minimumConfidence)) {
    const { key, basis, scope, tolerance } = kind
    const places = tolerance === undefined ? undefined : placeWithin(numbersIn(observations), tolerance)
    const numbers = places?.map(({ group = -1 }) => group) ?? observations.map(({ number }) => number)
    const width = widthOf(kind.separates)
    if (width !== undefined) {
      const apart = new Int32Array(all.length).fill(-1)
      for (const [at, holder] of holders.entries()) apart[holder] = places?.[at]?.chain ?? numbers[at] ?? -1
      separators.push({ key, width, soft: tolerance !== undefined, values: apart })
    }
    if (!mayLink(kind, minimumConfidence)) continue
    for (const members of shared(numbers, holders)) {
      links.push({ name: `${basis}:${key}`, scope: scope as Link['scope'], confidence: kind.confidence, members })
    }
  }
  return { instances: all.length, links, separators }
}

const mayLink = ({ scope, confidence }: Kind, minimum: number): boolean => scope !== 'stratum' && confidence > 0 && confidence >= minimum

/** A table for each kind that says something. */
function tabulate(all: readonly InstanceObservations[], minimumConfidence: number): readonly Table[] {
  const tables = new Map<Kind, Table>()
  for (const [holder, { observations }] of all.entries()) {
    for (const observation of observations) {
      const { kind } = observation
      let table = tables.get(kind)
      if (table === undefined) {
        if (kind.separates === undefined && !mayLink(kind, minimumConfidence)) continue
        table = { kind, holders: [], observations: [] }
        tables.set(kind, table)
      }
      table.holders.push(holder)
      table.observations.push(observation)
    }
  }
  return [...tables.values()]
}

const numbersIn = (observations: readonly Observation[]): number[] => observations.map(({ value }) => Number(value))

/** The holders of each number that two or more have; below 0: of none. */
function shared(numbers: readonly number[], holders: readonly number[]): number[][] {
  // Most values are names of one instance: no list for those.
  const first = new Int32Array(numbers.reduce((most, number) => Math.max(most, number), -1) + 1).fill(-1)
  const groups = new Map<number, number[]>()
  for (const [at, number] of numbers.entries()) {
    const [holder = -1, one = -1] = [holders[at], first[number]]
    if (number < 0) continue
    if (one < 0) first[number] = holder
    else {
      const group = groups.get(number)
      if (group === undefined) groups.set(number, [one, holder])
      else group.push(holder)
    }
  }
  return [...groups.values()]
}
