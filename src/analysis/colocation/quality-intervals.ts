import type { ColocationQuality } from '../../model/colocation-finding.ts'
import type { ReportInterval } from '../../model/report.ts'
import { twoSidedQuantile } from '../compare/student-t.ts'
import { groupBy } from './group-by.ts'
import { logOdds, probabilityOf } from './level.ts'
import { pairsOf } from './pairs.ts'
import { agreementOfPairs, type PairCounts } from './quality.ts'

/** Fewer hosts, or fewer of them with a mistake, and 95 % intervals cover too little: simulated, `quality-intervals.test.ts`. */
const FEWEST_HOSTS = 20
const FEWEST_MISTAKEN = 10
const CONFIDENCE = 0.95

type Intervals = NonNullable<ColocationQuality['intervals']>

/**
 * How far the figures of quality would scatter over other hosts like these: the jackknife over whole hosts, since the pairs of one host
 * stand or fall together, on the scale of log-odds, with Student's t. A bootstrap of hosts covers less (simulated).
 *
 * @param predicted - label of each instance: equal = together
 * @param truth - its host, of the same length
 * @returns null below 20 hosts; a figure's is null where fewer than 10 hosts have a mistake that counts for it
 */
export function qualityIntervals(predicted: readonly number[], truth: readonly string[]): Intervals | null {
  const hosts = hostsOf(predicted, truth)
  if (hosts.length < FEWEST_HOSTS) return null
  const all = hosts.reduce<Counted>(
    (sum, host) => ({
      within: sum.within + host.within,
      joined: sum.joined + host.joined / 2,
      together: sum.together + pairsOf(host.size),
      instances: sum.instances + host.size,
    }),
    { within: 0, joined: 0, together: 0, instances: 0 },
  )
  const figures = agreementOfPairs(pairsIn(all))
  const withoutOne = hosts.map(({ within, joined, size }) =>
    agreementOfPairs(
      pairsIn({
        within: all.within - within,
        joined: all.joined - joined,
        together: all.together - pairsOf(size),
        instances: all.instances - size,
      }),
    ),
  )
  const interval = (figure: keyof Intervals, isMistaken: (host: Host) => boolean): ReportInterval | null => {
    const value = figures[figure]
    const others = withoutOne.map((one) => one[figure]).filter((other) => other !== null)
    if (value === null || others.length < hosts.length || hosts.filter(isMistaken).length < FEWEST_MISTAKEN) return null
    return value > 0 && value < 1 ? limits(value, others) : null
  }
  const isJoined = ({ joined }: Host): boolean => joined > 0
  const isSplit = ({ within, size }: Host): boolean => within < pairsOf(size)
  const either = (host: Host): boolean => isJoined(host) || isSplit(host)
  return {
    precision: interval('precision', isJoined),
    recall: interval('recall', isSplit),
    f1: interval('f1', either),
    fowlkesMallows: interval('fowlkesMallows', either),
    adjustedRand: interval('adjustedRand', either),
  }
}

function limits(value: number, withoutOne: readonly number[]): ReportInterval {
  const hosts = withoutOne.length
  const mean = withoutOne.reduce((sum, other) => sum + other, 0) / hosts
  const squares = withoutOne.reduce((sum, other) => sum + (other - mean) ** 2, 0)
  const error = Math.sqrt(((hosts - 1) / hosts) * squares) / (value * (1 - value))
  const reach = twoSidedQuantile(1 - CONFIDENCE, hosts - 1) * error
  return {
    low: probabilityOf(logOdds(value) - reach),
    high: probabilityOf(logOdds(value) + reach),
    confidence: CONFIDENCE,
    method: 'jackknife',
  }
}

interface Host {
  /** Instances. */
  readonly size: number
  /** Pairs of its own that were put together. */
  readonly within: number
  /** Pairs of one of its own and one of another host that were put together. */
  readonly joined: number
}

function hostsOf(predicted: readonly number[], truth: readonly string[]): Host[] {
  const sizes = new Map<number | undefined, number>()
  for (const label of predicted) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  return [...groupBy(truth.keys(), (index) => truth[index]).values()].map((members) => {
    let [within, joined] = [0, 0]
    for (const [label, { length }] of groupBy(members, (index) => predicted[index])) {
      within += pairsOf(length)
      joined += length * ((sizes.get(label) ?? length) - length)
    }
    return { size: members.length, within, joined }
  })
}

interface Counted {
  readonly within: number
  readonly joined: number
  readonly together: number
  readonly instances: number
}

const pairsIn = ({ within, joined, together, instances }: Counted): PairCounts => ({
  put: within + joined,
  together,
  both: within,
  all: pairsOf(instances),
})
