import type { ColocationTests } from '../../model/colocation-finding.ts'
import { evidenceOf, type Link } from './evidence.ts'
import type { InstanceFacts, InstanceObservations } from './observation.ts'
import { type Partition, partition } from './partition.ts'
import type { ContentionGroup } from './test-plan.ts'
import { observe } from './validity.ts'

/** What tests of contention found. */
export interface ContentionEvidence {
  /** What interfered: `network`, `memory`. Groups by the network alone must not prove that neighbours contend for it. */
  readonly channel: string
  readonly groups: readonly ContentionGroup[]
  readonly undecided: readonly string[]
  /** How it was found, for the report. */
  readonly tests?: ColocationTests
}

/** Where instances were, as far as anybody can tell. */
export interface Placement {
  readonly observed: readonly InstanceObservations[]
  readonly partition: Partition
  /** Instances with one way out: beside the levels, and no proof of a host. */
  readonly sameEgress: readonly Link[]
}

export interface PlacementOptions {
  /** Least certainty of a link, 0–1. */
  readonly minimumConfidence: number
  readonly contention?: readonly ContentionEvidence[]
}

/** Who was together, by the facts and, where there were tests, by contention. */
export function placementOf(instances: readonly InstanceFacts[], { minimumConfidence, contention = [] }: PlacementOptions): Placement {
  const observed = observe(instances)
  const evidence = evidenceOf(observed, minimumConfidence)
  const numbers = contention.length === 0 ? new Map<string, number>() : new Map(instances.map(({ instance }, index) => [instance, index]))
  const links = [...evidence.links, ...contention.flatMap((tested) => linksOf(tested, numbers, minimumConfidence))]
  return {
    observed,
    partition: partition({ ...evidence, links }, minimumConfidence),
    sameEgress: links.filter(({ scope }) => scope === 'egress'),
  }
}

function linksOf({ channel, groups }: ContentionEvidence, numbers: ReadonlyMap<string, number>, minimumConfidence: number): Link[] {
  return groups.flatMap(({ instances, confidence }): Link[] => {
    const members = instances.flatMap((instance) => numbers.get(instance) ?? []).sort((a, b) => a - b)
    return members.length < 2 || confidence < minimumConfidence
      ? []
      : [{ name: `contention:${channel}`, scope: 'host', confidence, members }]
  })
}
