import { lambdaGuest } from './aws.ts'
import type { Facts } from './extraction.ts'
import { onGvisor } from './kernel.ts'

/**
 * Why what the kernel tells of itself may name no machine: `snapshot-clone` where environments may have been restored from one snapshot,
 * `gvisor`, `own-kernel` where every environment has a machine of its own; undefined: several environments may share a kernel.
 */
export type Guest = 'snapshot-clone' | 'gvisor' | 'own-kernel' | undefined

/** What kind of guest this is, by the platform and its facts. Where they do not tell, it is the kind that links least. */
export function guestOf(provider: string, facts: Facts): Guest {
  const lambda = lambdaGuest(provider, facts)
  if (lambda === 'snapshot-clone') return lambda
  if (onGvisor(facts)) return 'gvisor'
  // Cloud Run: gVisor or a microVM.
  return provider === 'gcp' ? 'own-kernel' : lambda
}
