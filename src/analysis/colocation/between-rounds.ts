import type { ColocationFinding, GroupingAgreement } from '../../model/colocation-finding.ts'
import type { Journal } from '../../model/journal.ts'
import type { RoundRecord, Sample } from '../../model/journal-record.ts'
import { ascending, median } from '../quantile.ts'
import { instancesOf } from './instances.ts'
import { placementOf } from './placement.ts'
import { agreement } from './quality.ts'

/** Pairs of rounds, evenly over the journal, are enough, and cheap. */
const MOST_PAIRS = 20

type Records = Pick<Journal, 'experiment' | 'rounds' | 'samples'>

/**
 * Whether two rounds, each by its own facts, put the same instances together: what can be asked where no truth is known. Only of instances
 * that both rounds used; null where no two rounds, one after the other at one memory size, have two in common.
 *
 * Tests of contention are of no round, and declared hosts are the truth: neither takes part.
 */
export function agreementBetweenRounds(records: Records, minimumConfidence: number): ColocationFinding['betweenRounds'] {
  const pairs = successive(records)
  const step = Math.max(1, pairs.length / MOST_PAIRS)
  const chosen = pairs.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
  const agreements = chosen.map(([a, b]) => {
    const [one, other] = [a, b].map((samples) => labelsOf({ ...records, samples }, minimumConfidence)) as [Labels, Labels]
    const common = [...one.keys()].filter((instance) => other.has(instance))
    return agreement(
      common.map((instance) => one.get(instance) ?? -1),
      common.map((instance) => other.get(instance) ?? -1),
    )
  })
  if (agreements.length === 0) return null
  const typical = (figure: (of: GroupingAgreement) => number | null): number | null =>
    median(ascending(agreements.map(figure).filter((value) => value !== null)))
  return {
    pairsOfRounds: agreements.length,
    fowlkesMallows: typical(({ fowlkesMallows }) => fowlkesMallows),
    adjustedRand: typical(({ adjustedRand }) => adjustedRand),
  }
}

type Labels = ReadonlyMap<string, number>

function labelsOf(records: Records, minimumConfidence: number): Labels {
  const instances = instancesOf(records).map(({ host: _, ...blind }) => blind)
  const { labels } = placementOf(instances, { minimumConfidence }).partition
  return new Map(instances.map(({ instance }, index) => [instance, labels.host[index] ?? -1]))
}

/** The samples with facts of rounds that follow each other at one memory size, and have two instances or more in common. */
function successive({ rounds, samples }: Records): (readonly [readonly Sample[], readonly Sample[]])[] {
  const byRound = new Map<string, Sample[]>()
  for (const sample of samples) {
    if (sample.facts === undefined || sample.instance === undefined) continue
    const own = byRound.get(sample.round)
    if (own === undefined) byRound.set(sample.round, [sample])
    else own.push(sample)
  }
  const ordered = rounds.toSorted(bySizeAndTime).map((round) => ({ round, own: byRound.get(round.id) ?? [] }))
  return ordered.slice(1).flatMap(({ round, own }, index) => {
    const before = ordered[index]
    if (before === undefined || before.round.memoryMb !== round.memoryMb) return []
    const seen = new Set(before.own.map(({ instance }) => instance))
    const common = new Set(own.map(({ instance }) => instance).filter((instance) => seen.has(instance)))
    return common.size < 2 ? [] : [[before.own, own] as const]
  })
}

const bySizeAndTime = (a: RoundRecord, b: RoundRecord): number =>
  (a.memoryMb ?? 0) - (b.memoryMb ?? 0) || (a.startAtMs ?? 0) - (b.startAtMs ?? 0) || (a.id < b.id ? -1 : 1)
