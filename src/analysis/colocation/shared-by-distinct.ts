import type { InstanceObservations, Meaning, Observation } from './observation.ts'
import { type SharedValue, sharedValues } from './shared-values.ts'

const WIDTH: Readonly<Record<string, number>> = { sandbox: 1, vm: 2, host: 3 }

/** Exact values only: a clock that was set makes two starts of one. */
const separatesAt = ({ separates, tolerance }: Meaning, scope: string): boolean =>
  separates !== undefined && tolerance === undefined && (WIDTH[separates] ?? 0) >= (WIDTH[scope] ?? 0)

/** What should name one sandbox, machine or host, and so must not be in two of them. Fingerprints may be shared by chance, by their nature. */
const isName = ({ key, scope, basis, confidence }: Meaning): boolean =>
  confidence > 0 && basis !== 'fingerprint' && scope in WIDTH && key !== 'declared-host'

/**
 * A value that `least` instances share which are provably in different places is no name of any place: it is dropped everywhere in its realm.
 */
export function dropSharedByDistinct(all: readonly InstanceObservations[], least: number): InstanceObservations[] {
  /** By holder: what it loses, and the key that proves it. */
  const losses = new Map<number, Map<string, string>>()
  for (const shared of sharedValues(all, isName)) {
    const proof = proofOfDistinct(all, shared, least)
    if (proof === undefined) continue
    for (const holder of shared.holders) {
      const lost = losses.get(holder) ?? new Map<string, string>()
      losses.set(holder, lost.set(shared.kind.key, proof))
    }
  }
  return losses.size === 0 ? [...all] : all.map((one, holder) => without(one, losses.get(holder)))
}

/** The first key by which that many of the holders differ; undefined: none does. */
function proofOfDistinct(all: readonly InstanceObservations[], { kind: shared, holders }: SharedValue, least: number): string | undefined {
  const first = new Map<string, string>()
  const others = new Map<string, Set<string>>()
  for (const holder of holders) {
    for (const { kind, value } of all[holder]?.observations ?? []) {
      if (!separatesAt(kind, shared.scope) || kind.key === shared.key) continue
      const known = first.get(kind.key)
      if (known === undefined) first.set(kind.key, value)
      if (known === undefined || known === value) continue
      const different = others.get(kind.key) ?? new Set()
      if (different.add(value).size + 1 >= least) return kind.key
      others.set(kind.key, different)
    }
  }
  return undefined
}

function without(one: InstanceObservations, lost: ReadonlyMap<string, string> | undefined): InstanceObservations {
  if (lost === undefined) return one
  const proofOf = ({ kind: { key, madeWith = '' } }: Observation): string | undefined => lost.get(key) ?? lost.get(madeWith)
  const describe = (observation: Observation) => ({
    key: observation.kind.key,
    code: 'shared-by-distinct' as const,
    message: `${observation.kind.key}: "${observation.value}" is shared by instances that ${proofOf(observation)} proves to be apart.`,
  })
  return {
    ...one,
    observations: one.observations.filter((observation) => proofOf(observation) === undefined),
    dropped: [...one.dropped, ...one.observations.filter((observation) => proofOf(observation) !== undefined).map(describe)],
  }
}
