import type { Reason } from '../model/report.ts'
import type { UsedRound } from './cell.ts'
import { type Random, seededRandom, shuffled } from './seeded-random.ts'
import type { Thresholds } from './thresholds.ts'

/** Whether the same functions fare worse in every round, or whether chance deals the shares out anew. */
export interface Persistence {
  readonly persistent: 'yes' | 'no' | 'unknown'
  readonly reason: Reason
}

type Limits = Pick<Thresholds, 'minimumRounds' | 'effect' | 'persistenceProbability' | 'persistenceResamples' | 'resamplingSeed'>

/**
 * Follows targets, hosts, instances and invocation indices through the rounds. A grouping is persistent when the shares of its
 * members agree between rounds more than chance allows (permutation within rounds, Bonferroni over groupings) and some member is
 * off by more than the effect on average. It is not when the agreement is surely below one half: most of what differs is chance.
 */
export function persistence(rounds: readonly UsedRound[], limits: Limits): Persistence {
  const groupings = rounds.length < limits.minimumRounds ? [] : followed(rounds)
  const random = seededRandom(limits.resamplingSeed)
  const findings = groupings.map((grouping) => ({ grouping, ...judged(grouping, groupings.length, limits, random) }))
  const persistent = findings.find(({ verdict }) => verdict === 'yes')
  if (persistent !== undefined)
    return found(
      'yes',
      `${persistent.grouping.nameOf(persistent.extreme)} got ${persistent.share} of the mean share over ${rounds.length} rounds, more steadily than chance gives`,
    )
  if (findings.length > 0 && findings.every(({ verdict }) => verdict === 'no'))
    return found('no', 'Who gets more and who less changes from round to round')
  return found('unknown', `${rounds.length} rounds are too few to tell whether the same functions always get less`)
}

const found = (persistent: Persistence['persistent'], text: string): Persistence => ({
  persistent,
  reason: { code: 'persistent', message: `${text}.` },
})

/** Members that took part in every round, with the mean share of each in each round; 1 is the round's mean. */
interface Grouping {
  readonly nameOf: (member: number) => string
  /** By round, then by member. */
  readonly shares: readonly (readonly number[])[]
}

type Label = string | number | undefined

const kinds: readonly (readonly [word: string, label: (round: UsedRound, position: number) => Label])[] = [
  ['Target', ({ samples }, position) => samples[position]?.target],
  ['Host', ({ samples }, position) => samples[position]?.host],
  ['Function', ({ samples }, position) => samples[position]?.invocation],
  ['Instance', ({ division }, position) => division.instances[position]],
]

function followed(rounds: readonly UsedRound[]): readonly Grouping[] {
  const seen = new Set<string>()
  return kinds.flatMap(([word, label]) => {
    const byRound = rounds.map((round) => memberShares(round, label))
    const members = [...(byRound[0]?.keys() ?? [])].filter((member) => byRound.every((shares) => shares.has(member)))
    const shares = byRound.map((own) => members.map((member) => own.get(member) as number))
    const key = JSON.stringify(shares)
    // Instances that always had the same index are those functions; one member alone has nobody to be compared with.
    if (members.length < 2 || seen.has(key)) return []
    seen.add(key)
    return [{ nameOf: (member: number) => `${word} ${members[member]}`, shares }]
  })
}

function memberShares(round: UsedRound, label: (round: UsedRound, position: number) => Label): ReadonlyMap<string | number, number> {
  const { rates, aggregate } = round.division
  const groups = new Map<string | number, number[]>()
  for (const [position, rate] of rates.entries()) {
    const member = label(round, position)
    if (member !== undefined) groups.set(member, [...(groups.get(member) ?? []), (rate * rates.length) / aggregate])
  }
  return new Map([...groups].map(([member, shares]) => [member, mean(shares)]))
}

function judged(
  { shares }: Grouping,
  tests: number,
  limits: Limits,
  random: Random,
): { verdict: Persistence['persistent']; extreme: number; share: string } {
  const members = shares[0]?.length ?? 0
  const means = Array.from({ length: members }, (_, member) => mean(shares.map((own) => own[member] as number)))
  const distance = (member: number): number => Math.abs((means[member] as number) - 1)
  const extreme = means.reduce((most, _, member) => (distance(member) > distance(most) ? member : most), 0)
  const result = { extreme, share: (means[extreme] as number).toFixed(2) }
  const spread = Math.max(
    ...means.map((centre, member) =>
      standardError(
        shares.map((own) => own[member] as number),
        centre,
      ),
    ),
  )
  if (distance(extreme) + 3 * spread < limits.effect) return { verdict: 'no', ...result }
  const profiles = shares.map(standardised)
  const observed = agreement(profiles)
  const pairs = (shares.length * (shares.length - 1)) / 2
  if (observed + 1.645 / Math.sqrt((members - 1) * pairs) < 0.5) return { verdict: 'no', ...result }
  const probability = chance(profiles, observed, limits.persistenceResamples, random)
  const significant = probability <= limits.persistenceProbability / tests
  return { verdict: !significant ? 'unknown' : distance(extreme) > limits.effect ? 'yes' : 'no', ...result }
}

/** Mean correlation of the rounds' profiles over all pairs of rounds: 1 when all rounds are alike, about 0 when chance deals. */
function agreement(profiles: readonly (readonly number[])[]): number {
  const members = profiles[0]?.length ?? 0
  let squares = 0
  for (let member = 0; member < members; member++) squares += profiles.reduce((sum, profile) => sum + (profile[member] as number), 0) ** 2
  const own = profiles.reduce((sum, profile) => sum + profile.reduce((all, value) => all + value * value, 0), 0)
  return (squares - own) / (members * profiles.length * (profiles.length - 1))
}

/** Share of permutations within rounds that agree as well. */
function chance(profiles: readonly (readonly number[])[], observed: number, resamples: number, random: Random): number {
  let asHigh = 1
  for (let resample = 0; resample < resamples; resample++) {
    if (agreement(profiles.map((profile) => shuffled(profile, random))) >= observed - 1e-9) asHigh++
  }
  return asHigh / (resamples + 1)
}

/** Mean 0 and variance 1; all 0 where nothing differs. */
function standardised(values: readonly number[]): readonly number[] {
  const centre = mean(values)
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
  return values.map((value) => (deviation < 1e-9 ? 0 : (value - centre) / deviation))
}

function standardError(values: readonly number[], centre: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1) / values.length)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
