import type { Candidate } from './contention.ts'
import type { InstanceObservations, Kind, Observation } from './observation.ts'
import { placeWithin } from './tolerant-values.ts'

/**
 * Instances to test for contention, with what the facts say of their hosts: strata by what proves two hosts, fingerprints by traits of
 * hosts. Only keys that every instance has count: one without a value could be anywhere.
 */
export function candidatesOf(all: readonly InstanceObservations[]): Candidate[] {
  const strata = tuples(all, ({ separates }) => separates === 'host')
  const fingerprints = tuples(all, ({ basis, scope }) => basis === 'fingerprint' && scope === 'host')
  return all.map(({ instance: { instance } }, index) => ({
    instance,
    stratum: strata[index] ?? '',
    fingerprint: fingerprints[index] ?? '',
  }))
}

function tuples(all: readonly InstanceObservations[], counts: (kind: Kind) => boolean): string[] {
  const byKey = new Map<string, Map<number, Observation>>()
  for (const [index, { observations }] of all.entries()) {
    for (const observation of observations.filter(({ kind }) => counts(kind))) {
      const known = byKey.get(observation.kind.key) ?? new Map<number, Observation>()
      byKey.set(observation.kind.key, known)
      known.set(index, observation)
    }
  }
  const common = [...byKey].filter(([, values]) => values.size === all.length).sort(([a], [b]) => (a < b ? -1 : 1))
  const columns = common.map(([, values]) => comparable(all.flatMap((_, index) => values.get(index) ?? [])))
  return all.map((_, index) => columns.map((column) => column[index]).join('; '))
}

/** Values of numbers: the chain of those that are equal within the tolerance. */
function comparable(observations: readonly Observation[]): string[] {
  const tolerance = observations[0]?.kind.tolerance
  if (tolerance === undefined) return observations.map(({ kind, value }) => `${kind.realm} ${kind.key} ${value}`)
  return placeWithin(
    observations.map(({ value }) => Number(value)),
    tolerance,
  ).map(({ chain }, index) => `${observations[index]?.kind.realm} ${observations[index]?.kind.key} ${chain}`)
}
