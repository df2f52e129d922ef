import { distrustCopies, observeOne } from './instance-rules.ts'
import { separateLifetimes } from './lifetimes.ts'
import type { InstanceFacts, InstanceObservations } from './observation.ts'
import { ObservedValues } from './observed-values.ts'
import { dropSharedByDistinct } from './shared-by-distinct.ts'

export interface ValidityOptions {
  /** How many provably distinct instances must share a value for it to count as a constant. Default 2, the least. */
  readonly distinctInstances?: number
}

/**
 * What the facts of every instance are worth: the values that held against all rules of validity, and why others did not.
 * The same for every order of the instances, and returned in the order given.
 *
 * @param instances - one a nonce, see `instancesOf`
 */
export function observe(instances: readonly InstanceFacts[], { distinctInstances = 2 }: ValidityOptions = {}): InstanceObservations[] {
  const values = new ObservedValues()
  const first = instances.map((instance) => observeOne(instance, values))
  const each = values.hasCopies ? first.map((one) => distrustCopies(one, values)) : first
  return dropSharedByDistinct(separateLifetimes(each, values), distinctInstances)
}
