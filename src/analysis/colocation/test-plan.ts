import { type Candidate, type ContentionAnswer, type ContentionTest, defaultReadingRules, lost, type ReadingRules } from './contention.ts'
import { screenLeaders } from './leader-screen.ts'
import { logOdds } from './level.ts'
import { readingError } from './reading-error.ts'
import { settle, type Unit } from './settle.ts'

export interface TestPlanOptions extends Partial<ReadingRules> {
  /** Certainty of each instance from which on it is not tested again, 0–1. Default 0.98. */
  readonly target?: number
  /** Readings between an instance and a group after which it counts as undecided. Default 5. */
  readonly mostReadings?: number
  /** Groups of less certain instances are not given, 0–1. Default 0.9. */
  readonly minimumConfidence?: number
  /** Tests in all. Default: no limit. */
  readonly maximumTests?: number
}

/** Instances that lost rate to each other. */
export interface ContentionGroup {
  /** Two or more, sorted. */
  readonly instances: readonly string[]
  /** Of its least certain member, 0–1. */
  readonly confidence: number
}

/** Where the tests stand. */
export interface TestPlan {
  /** May run at the same moment: their instances are on different hosts, as far as strata and fingerprints tell. Empty: done. */
  readonly next: readonly ContentionTest[]
  readonly groups: readonly ContentionGroup[]
  /** Tested, and neither clearly in a group nor clearly in none; sorted. */
  readonly undecided: readonly string[]
  readonly testsUsed: number
}

/**
 * What to test next, and who shares a host by the tests so far. Pure: the same answers give the same plan, in any order of candidates.
 *
 * Within each fingerprint one instance sends and all others listen, until every one's place is certain; then, once a stratum, one of each
 * group sends at the same time as all others, to find fingerprints that tell too much apart, and only who lost is tested on. How often
 * two instances share a host, and whether readings are wrong more often than told, is learned from the readings: where nobody shares,
 * false readings link nobody.
 *
 * Nobody who lost nothing is known to be elsewhere: a channel that does not interfere looks the same.
 */
export function planTests(candidates: readonly Candidate[], answers: readonly ContentionAnswer[], options: TestPlanOptions = {}): TestPlan {
  const told: Required<TestPlanOptions> = {
    ...defaultReadingRules,
    target: 0.98,
    mostReadings: 5,
    minimumConfidence: 0.9,
    maximumTests: Number.POSITIVE_INFINITY,
    ...options,
  }
  const strata = new Map<string, Candidate[]>()
  for (const candidate of candidates.toSorted((a, b) => (a.instance < b.instance ? -1 : 1))) {
    const stratum = candidate.stratum ?? ''
    const members = strata.get(stratum) ?? []
    if (members.push(candidate) === 1) strata.set(stratum, members)
  }
  const planned = (settings: Required<TestPlanOptions>): readonly Stratum[] => {
    const prior = priorOdds(candidates, answers, settings)
    return [...strata.values()].map((members) => planStratum(members, answers, prior, settings))
  }
  const first = planned(told)
  const error = readingError(
    first.flatMap(({ units }) => units),
    answers,
    told,
  )
  const plans = error > told.readingError ? planned({ ...told, readingError: error }) : first
  const left = Math.max(0, told.maximumTests - answers.length)
  const units = plans.flatMap((plan) => plan.units)
  return {
    next: plans.flatMap(({ next }) => next).slice(0, left),
    groups: units.filter(({ names }) => names.length > 1).map(({ names, confidence }) => ({ instances: names.toSorted(), confidence })),
    undecided: units.flatMap(({ names, decided }) => (decided ? [] : names)).sort(),
    testsUsed: answers.length,
  }
}

/** Log-odds that two of one fingerprint share a host, from how many of the readings were losses; never for it: one round alone makes no group. */
function priorOdds(candidates: readonly Candidate[], answers: readonly ContentionAnswer[], settings: Required<TestPlanOptions>): number {
  const kinds = new Map(candidates.map(({ instance, fingerprint = '', stratum = '' }) => [instance, `${stratum} ${fingerprint}`]))
  const told = answers.flatMap(({ kind, senders: [sender = ''], readings }) =>
    readings
      .filter(({ listener }) => kind === 'leader' && kinds.get(listener) === kinds.get(sender))
      .flatMap((reading) => lost(reading, settings) ?? []),
  )
  const { readingError: error } = settings
  const share = (told.filter(Boolean).length / told.length - error) / (1 - 2 * error)
  return told.length === 0 ? 0 : logOdds(Math.min(0.5, Math.max(0.5 / (told.length + 1), share)))
}

function planStratum(
  members: readonly Candidate[],
  answers: readonly ContentionAnswer[],
  prior: number,
  settings: Required<TestPlanOptions>,
): Stratum {
  const own = new Set(members.map(({ instance }) => instance))
  const ours = answers.filter(({ senders: [sender = ''] }) => own.has(sender))
  const fingerprints = new Map<string, string[]>()
  for (const { instance, fingerprint = '' } of members) {
    const names = fingerprints.get(fingerprint) ?? []
    if (names.push(instance) === 1) fingerprints.set(fingerprint, names)
  }
  const within = [...fingerprints.values()].map((names) => settle(single(names), ours, prior, settings))
  const units = within.flatMap((settled) => settled.units)
  const open = within.flatMap(({ next }) => next ?? [])
  if (open.length > 0 || fingerprints.size === 1) return { units, next: open }
  const screened = screenLeaders(units, ours, settings)
  if (screened.next !== undefined) return { units, next: [screened.next] }
  const across = settle(screened.suspects, ours, 0, settings)
  const rest = units.filter((unit) => !screened.suspects.includes(unit))
  return { units: [...rest, ...across.units], next: across.next === undefined ? [] : [across.next] }
}

interface Stratum {
  readonly units: readonly Unit[]
  readonly next: readonly ContentionTest[]
}

const single = (names: readonly string[]): readonly Unit[] => names.map((name) => ({ names: [name], confidence: 1, decided: true }))
