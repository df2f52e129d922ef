import type { ColocationFinding, ColocationQuality } from '../../model/colocation-finding.ts'
import type { Journal } from '../../model/journal.ts'
import { countedRounds } from '../counted-rounds.ts'
import { agreementBetweenRounds } from './between-rounds.ts'
import { instancesOf } from './instances.ts'
import { landedTogether } from './landed.ts'
import { LEVELS } from './level.ts'
import type { InstanceFacts } from './observation.ts'
import { countPairs, type Pairs, pairsOf } from './pairs.ts'
import { type ContentionEvidence, type Placement, type PlacementOptions, placementOf } from './placement.ts'
import { agreement } from './quality.ts'
import { qualityIntervals } from './quality-intervals.ts'

/** Which instances of a journal were together; null where no sample carries facts, and nothing was tested. */
export function colocationFinding(journal: Journal, options: PlacementOptions): ColocationFinding | null {
  const { contention = [] } = options
  if (contention.length === 0 && journal.samples.every(({ facts }) => facts === undefined)) return null
  const instances = instancesOf(journal)
  const placement = placementOf(instances, options)
  const pairs = countPairs(placement.partition)
  return {
    groups: groupsOf(placement, instances),
    unknownShare: unknownShare(pairs, instances.length),
    instances: instances.length,
    pairs,
    undecided: undecided(placement, instances, contention),
    dropped: droppedBy(placement),
    landed: landedTogether(countedRounds(journal), placement.partition, new Map(instances.map(({ instance }, index) => [instance, index]))),
    betweenRounds: agreementBetweenRounds(journal, options.minimumConfidence),
    quality: quality(instances, options),
    ...(contention.length > 0 && { contention: contention.flatMap(({ tests }) => tests ?? []) }),
  }
}

type FoundGroup = ColocationFinding['groups'][number]

function groupsOf({ partition, sameEgress }: Placement, instances: readonly InstanceFacts[]): FoundGroup[] {
  const closer = new Map<number, number>()
  const places = LEVELS.flatMap((level) => {
    const wider = partition.groups[level].filter(({ members }) => closer.get(members[0] ?? -1) !== members.length)
    for (const { members } of wider) for (const member of members) closer.set(member, members.length)
    return wider.map(({ members, ...why }) => published({ ...why, level: `same-${level}`, members }, instances))
  })
  const ways = sameEgress.map(({ name, confidence, members }) =>
    published({ level: 'same-egress', evidence: [name], confidence, conflicts: [], members }, instances),
  )
  return [...places, ...ways]
}

function published(
  { members, ...group }: Omit<FoundGroup, 'instances' | 'fromMs' | 'toMs'> & { readonly members: readonly number[] },
  instances: readonly InstanceFacts[],
): FoundGroup {
  const own = members.flatMap((member) => instances[member] ?? [])
  return {
    level: group.level,
    instances: own.map(({ instance }) => instance).sort(),
    evidence: group.evidence,
    confidence: group.confidence,
    conflicts: group.conflicts,
    fromMs: own.reduce((first, { fromMs }) => Math.min(first, fromMs), Number.POSITIVE_INFINITY),
    toMs: own.reduce((last, { toMs }) => Math.max(last, toMs), Number.NEGATIVE_INFINITY),
  }
}

function undecided({ partition }: Placement, instances: readonly InstanceFacts[], contention: readonly ContentionEvidence[]): string[] {
  const together = new Set(partition.groups.host.flatMap(({ members }) => members))
  const linked = [...partition.undecided].filter((member) => !together.has(member)).flatMap((member) => instances[member]?.instance ?? [])
  const tested = new Set(contention.flatMap((each) => each.undecided))
  const others = instances.filter(({ instance }, index) => tested.has(instance) && !together.has(index)).map(({ instance }) => instance)
  return [...new Set([...linked, ...others])].sort()
}

function droppedBy({ observed }: Placement): ColocationFinding['dropped'] {
  const counts = new Map<string, ColocationFinding['dropped'][number]>()
  for (const { dropped } of observed) {
    for (const { key, code, message } of dropped) {
      const name = `${key} ${code}`
      const known = counts.get(name)
      counts.set(name, { key, code, instances: (known?.instances ?? 0) + 1, message: known?.message ?? message })
    }
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count)
}

/** The declared hosts are the truth: they are left out of what is held against them. */
function quality(instances: readonly InstanceFacts[], options: PlacementOptions): ColocationQuality | null {
  const declared = instances.filter(({ host }) => host !== undefined)
  if (declared.length === 0) return null
  const blind = declared.map(({ host: _, ...rest }) => rest)
  const { partition } = placementOf(blind, options)
  const truth = declared.map(({ host = '' }) => host)
  const labels = [...partition.labels.host]
  return {
    ...agreement(labels, truth),
    unknownShare: unknownShare(countPairs(partition), declared.length),
    instances: declared.length,
    intervals: qualityIntervals(labels, truth),
  }
}

const unknownShare = ({ unknown }: Pairs, instances: number): number | null => (instances < 2 ? null : unknown / pairsOf(instances))
