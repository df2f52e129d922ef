import type { InstanceObservations, Meaning, Observation } from './observation.ts'

const WIDTH: Readonly<Record<string, number>> = { sandbox: 1, vm: 2, host: 3 }

/** Exact values only: a clock that was set makes two starts of one. */
const separatesAt = ({ separates, tolerance }: Meaning, scope: string): boolean =>
  separates !== undefined && tolerance === undefined && (WIDTH[separates] ?? 0) >= (WIDTH[scope] ?? 0)

/** What should name one sandbox, machine or host, and so must not be in two of them. Fingerprints may be shared by chance, by their nature. */
const names = ({ key, scope, basis, confidence }: Meaning): boolean =>
  confidence > 0 && basis !== 'fingerprint' && scope in WIDTH && key !== 'declared-host'

/**
 * A value that `least` instances share which are provably in different places is no name of any place: it is dropped everywhere in its realm.
 */
export function dropSharedByDistinct(all: readonly InstanceObservations[], least: number): InstanceObservations[] {
  const holders = new Map<string, { readonly meaning: Meaning; readonly members: InstanceObservations[] }>()
  const nameOf = ({ key, scope, realm, value }: Observation): string => `${key} ${scope} ${realm} ${value}`
  for (const one of all) {
    for (const observation of one.observations.filter(names)) {
      const name = nameOf(observation)
      const group = holders.get(name) ?? { meaning: observation, members: [] }
      if (group.members.push(one) === 1) holders.set(name, group)
    }
  }
  const proofs = new Map<string, string>()
  for (const [name, { meaning, members }] of holders) {
    const proof = members.length < least ? undefined : proofOfDistinct(meaning, members, least)
    if (proof !== undefined) proofs.set(name, proof)
  }
  if (proofs.size === 0) return [...all]
  return all.map((one) => {
    const wrong = one.observations.filter((observation) => names(observation) && proofs.has(nameOf(observation)))
    if (wrong.length === 0) return one
    const dropped = wrong.map((observation) => ({
      key: observation.key,
      code: 'shared-by-distinct' as const,
      message: `${observation.key}: "${observation.value}" is shared by instances that ${proofs.get(nameOf(observation))} proves to be apart.`,
    }))
    return {
      ...one,
      observations: one.observations.filter((observation) => !wrong.includes(observation)),
      dropped: [...one.dropped, ...dropped],
    }
  })
}

/** The first key by which that many of the members differ; undefined: none does. */
function proofOfDistinct({ key, scope }: Meaning, members: readonly InstanceObservations[], least: number): string | undefined {
  const seen = new Map<string, Set<string>>()
  for (const { observations } of members) {
    for (const observation of observations) {
      if (observation.key === key || !separatesAt(observation, scope)) continue
      const values = seen.get(observation.key) ?? new Set()
      if (values.add(observation.value).size >= least) return observation.key
      seen.set(observation.key, values)
    }
  }
  return undefined
}
