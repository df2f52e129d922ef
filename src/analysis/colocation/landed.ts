import type { ColocationFinding, RoundsMedian } from '../../model/colocation-finding.ts'
import type { Journal } from '../../model/journal.ts'
import type { RoundRecord } from '../../model/journal-record.ts'
import { medianInterval } from '../median-interval.ts'
import { ascending, median } from '../quantile.ts'
import type { Partition } from './partition.ts'
import { provablyApart } from './relation.ts'

/** One round: how many functions were on the host of each of its instances, itself counted. */
interface Landing {
  readonly instances: readonly number[]
  /** Of each instance; 1: alone, or nobody knows with whom. */
  readonly together: readonly number[]
  /** Of the instances of which nobody knows with whom. */
  readonly unknown: number
}

type Landed = ColocationFinding['landed'][number]

/**
 * How many of the functions of a round landed on one host, by memory, concurrency and other factors.
 * @param numbers - of the instances of the partition, by nonce
 */
export function landedTogether(
  { rounds, samples }: Pick<Journal, 'rounds' | 'samples'>,
  partition: Partition,
  numbers: ReadonlyMap<string, number>,
): Landed[] {
  const instances = new Map<string, Set<number>>()
  for (const { round, instance = '' } of samples) {
    const number = numbers.get(instance)
    if (number === undefined) continue
    const own = instances.get(round)
    if (own === undefined) instances.set(round, new Set([number]))
    else own.add(number)
  }
  const cells = new Map<string, { readonly round: RoundRecord; readonly landings: Landing[] }>()
  for (const round of rounds) {
    const own = instances.get(round.id)
    if (own === undefined || round.completed === false) continue
    const key = JSON.stringify([Object.entries(round.factors ?? {}).sort(), round.memoryMb, round.concurrency])
    const cell = cells.get(key) ?? { round, landings: [] }
    cells.set(key, cell)
    cell.landings.push(landing([...own], partition))
  }
  return [...cells]
    .sort(([a, { round: one }], [b, { round: other }]) => inOrder(one, other) || (a < b ? -1 : 1))
    .map(([, { round, landings }]) => summarized(round, landings))
}

const inOrder = (a: RoundRecord, b: RoundRecord): number => (a.memoryMb ?? 0) - (b.memoryMb ?? 0) || a.concurrency - b.concurrency

function landing(instances: readonly number[], partition: Partition): Landing {
  const labels = instances.map((instance) => partition.labels.host[instance] ?? -1)
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const together = labels.map((label) => counts.get(label) ?? 1)
  const known = provablyApart([...counts.keys()], partition)
  return { instances, together, unknown: known ? 0 : together.filter((size) => size === 1).length }
}

function summarized({ memoryMb, concurrency, factors = {} }: RoundRecord, landings: readonly Landing[]): Landed {
  const sizes = [...new Set(landings.flatMap(({ together }) => together))].filter((size) => size > 1).sort((a, b) => a - b)
  const independent = landedAnew(landings)
  const overRounds = (of: (landing: Landing) => number): RoundsMedian => medianOver(landings.map(of), independent)
  const functions = landings.reduce((sum, { together }) => sum + together.length, 0)
  return {
    memoryMb: memoryMb ?? null,
    concurrency,
    factors,
    rounds: landings.length,
    unknownShare: landings.reduce((sum, { unknown }) => sum + unknown, 0) / functions,
    together: overRounds(({ together }) => together.reduce((sum, size) => sum + size, 0) / together.length),
    largest: overRounds(({ together }) => Math.max(...together)),
    sizes: sizes.map((atLeast) => ({
      atLeast,
      share: overRounds(({ together }) => together.filter((size) => size >= atLeast).length / together.length),
    })),
  }
}

/** Rounds on the same warm instances are one landing, seen again. */
function landedAnew(landings: readonly Landing[]): boolean {
  const seen = landings.flatMap(({ instances }) => instances)
  return new Set(seen).size === seen.length
}

/** By order statistics alone: counts and shares are not lognormal. */
function medianOver(values: readonly number[], independent: boolean): RoundsMedian {
  const interval = independent ? medianInterval(values) : undefined
  return { median: median(ascending(values)) ?? 0, interval: interval?.method === 'order-statistic' ? interval : null }
}
