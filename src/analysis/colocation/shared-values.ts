import type { InstanceObservations, Observation } from './observation.ts'

/** One value of one key in one realm, and the instances that have it, by their place in the list; two at least. */
export interface SharedValue {
  readonly observation: Observation
  readonly holders: readonly number[]
}

/** The values that several instances have. Most values are one instance's alone, and cost no list of their own. */
export function sharedValues(all: readonly InstanceObservations[], wanted: (observation: Observation) => boolean): SharedValue[] {
  const shared: (SharedValue & { readonly holders: number[] })[] = []
  /** By key, realm and value: the first holder, or from the second on the complement of the place in `shared`. */
  const seen = new Map<string, Map<string, Map<string, number>>>()
  all.forEach(({ observations }, holder) => {
    for (const observation of observations) {
      if (!wanted(observation)) continue
      const values = within(within(seen, observation.key), observation.realm)
      const first = values.get(observation.value)
      if (first === undefined) values.set(observation.value, holder)
      else if (first < 0) shared[~first]?.holders.push(holder)
      else values.set(observation.value, ~(shared.push({ observation, holders: [first, holder] }) - 1))
    }
  })
  return shared
}

function within<Value>(maps: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const known = maps.get(key)
  if (known !== undefined) return known
  const made = new Map<string, Value>()
  maps.set(key, made)
  return made
}
