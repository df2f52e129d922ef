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
  /** By value: the first holder, or from the second on the complement of the place in `shared`; null: a kind that is not wanted. */
  const seen = new Map<Kind, Map<string, number> | null>()
  for (const [holder, { observations }] of all.entries()) {
    for (const { kind, value } of observations) {
      let values = seen.get(kind)
      if (values === undefined) {
        values = wanted(kind) ? new Map() : null
        seen.set(kind, values)
      }
      if (values === null) continue
      const first = values.get(value)
      if (first === undefined) values.set(value, holder)
      else if (first < 0) shared[~first]?.holders.push(holder)
      else values.set(value, ~(shared.push({ kind, value, holders: [first, holder] }) - 1))
    }
  }
  return shared
}
