import type { InstanceObservations, Kind } from './observation.ts'

/** One value of one kind, and the instances that have it, by their place in the list; two at least. */
export interface SharedValue {
  readonly kind: Kind
  readonly value: string
  readonly holders: readonly number[]
}

/** The values that several instances have. Most values are one instance's alone, and cost no list of their own. */
export function sharedValues(all: readonly InstanceObservations[], wanted: (kind: Kind) => boolean): SharedValue[] {
  const shared: (SharedValue & { readonly holders: number[] })[] = []
  /** By the number of the value: its first holder, or from the second on the complement of the place in `shared`; null: not wanted. */
  const seen = new Map<Kind, (number | undefined)[] | null>()
  for (const [holder, { observations }] of all.entries()) {
    for (const { kind, value, number } of observations) {
      let values = seen.get(kind)
      if (values === undefined) {
        values = wanted(kind) ? [] : null
        seen.set(kind, values)
      }
      if (values === null) continue
      const first = values[number]
      if (first === undefined) values[number] = holder
      else if (first < 0) shared[~first]?.holders.push(holder)
      else values[number] = ~(shared.push({ kind, value, holders: [first, holder] }) - 1)
    }
  }
  return shared
}
