import type { Journal } from '../../model/journal.ts'
import { candidatesOf } from './candidates.ts'
import type { Candidate, ContentionAnswer, ContentionTest, Reading } from './contention.ts'
import { type ContentionRound, contentionRounds } from './contention-round.ts'
import { groupBy } from './group-by.ts'
import { instancesOf } from './instances.ts'
import type { ContentionEvidence } from './placement.ts'
import { planTests, type TestPlan } from './test-plan.ts'
import { observe } from './validity.ts'

/** Tests on the same live instances, as far as they have come. */
export interface ContentionSession {
  /** All that answered to the silent round; empty before it. */
  readonly candidates: readonly Candidate[]
  readonly answers: readonly ContentionAnswer[]
  readonly plan: TestPlan
  readonly rounds: readonly ContentionRound[]
  /** Who was to send is gone: no more can be asked of these instances. */
  readonly replaced: boolean
  /** Why no conclusion is drawn: silent rounds showed losses, none was fit to be used, or no test told anything. */
  readonly refused?: Refusal
}

type Refusal = 'no-silence' | 'false-alarms' | 'no-answers'

/** What to run next. */
export type NextContention =
  | { readonly kind: 'silent'; readonly test: number; readonly part: 0; readonly parts: 1; readonly senders: readonly [] }
  | (Pick<ContentionTest, 'kind' | 'senders'> & { readonly test: number; readonly part: number; readonly parts: number })

/** What the probe loads. */
const CHANNEL = 'network'
/** Silent rounds before tests are refused, and rounds in a row that say nothing before a session ends. */
const MOST_VAIN = 3
/** Rounds in a row without the one who was to send, before it counts as gone: there may be more live instances than functions. */
const GONE = 2
/** Share of listeners that may seem to lose while nobody sends: more than chance at the level of a test. */
const MOST_ALARMS = 0.15

/** The sessions of a journal, in order. */
export function contentionSessions(journal: Pick<Journal, 'experiment' | 'rounds' | 'samples'>): readonly ContentionSession[] {
  const rounds = contentionRounds(journal)
  if (rounds.length === 0) return []
  const candidates = new Map(candidatesOf(observe(instancesOf(journal))).map((candidate) => [candidate.instance, candidate]))
  return [...groupBy(rounds, ({ mark }) => mark.session).values()].map((own) => sessionOf(own, candidates))
}

function sessionOf(rounds: readonly ContentionRound[], known: ReadonlyMap<string, Candidate>): ContentionSession {
  const silent = rounds.filter(({ mark }) => mark.kind === 'silent')
  const quiet = silent.find(({ discarded, alarms }) => discarded === undefined && alarms <= MOST_ALARMS)
  const candidates = quiet?.instances.map((instance) => known.get(instance) ?? { instance }) ?? []
  const byTest = groupBy(
    rounds.filter(({ mark }) => mark.kind !== 'silent'),
    ({ mark }) => mark.test,
  )
  const answers = [...byTest.values()].flatMap((parts) => answerOf(parts, candidates) ?? [])
  const refused = quiet === undefined ? unquiet(silent) : answers.length === 0 && vainAtEnd(rounds) ? 'no-answers' : undefined
  const replaced = rounds.length >= GONE && rounds.slice(-GONE).every(({ discarded }) => discarded === 'no-sender')
  return { candidates, answers, plan: planTests(candidates, answers), rounds, replaced, ...(refused !== undefined && { refused }) }
}

function unquiet(silent: readonly ContentionRound[]): Refusal | undefined {
  if (silent.length < MOST_VAIN) return undefined
  return silent.some(({ discarded }) => discarded === undefined) ? 'false-alarms' : 'no-silence'
}

const vainAtEnd = (rounds: readonly ContentionRound[]): boolean =>
  rounds.slice(-MOST_VAIN).filter(({ discarded }) => discarded !== undefined).length === MOST_VAIN

/** Undefined where a part is missing or says nothing. A candidate that took no part was asked, and told nothing. */
function answerOf(parts: readonly ContentionRound[], candidates: readonly Candidate[]): ContentionAnswer | undefined {
  const [first] = parts
  if (first === undefined || parts.length < first.mark.parts || parts.some(({ discarded }) => discarded !== undefined)) return undefined
  if (first.mark.kind === 'leader') {
    const listeners = candidates.map(({ instance }) => instance).filter((instance) => !first.senders.includes(instance))
    return { kind: 'leader', senders: first.senders, listeners, readings: first.readings }
  }
  const leaders = [...new Set(parts.flatMap(({ senders }) => senders))].sort()
  return { kind: 'screen', senders: leaders, listeners: leaders, readings: leaders.map((leader) => strongest(leader, parts)) }
}

/** Of all parts in which it listened, corrected for their number. */
function strongest(leader: string, parts: readonly ContentionRound[]): Reading {
  const told = parts.flatMap(({ readings }) => readings.filter(({ listener, pValue }) => listener === leader && pValue !== null))
  const [most] = told.toSorted((a, b) => (a.pValue ?? 1) - (b.pValue ?? 1) || (b.effect ?? 0) - (a.effect ?? 0))
  if (most === undefined) return { listener: leader, pValue: null, effect: null }
  return { ...most, pValue: Math.min(1, (most.pValue ?? 1) * told.length) }
}

/** What comes next in a session, by what is known so far; undefined: nothing. */
export function nextContention({ rounds, plan, refused, replaced, candidates }: ContentionSession): NextContention | undefined {
  const test = rounds.reduce((most, { mark }) => Math.max(most, mark.test + 1), 0)
  if (refused !== undefined || replaced) return undefined
  if (candidates.length === 0) return { kind: 'silent', test, part: 0, parts: 1, senders: [] }
  if (vainAtEnd(rounds)) return undefined
  const last = rounds.at(-1)
  const begun = last !== undefined && last.discarded === undefined && last.mark.part + 1 < last.mark.parts ? last.mark : undefined
  const [next] = plan.next
  if (next === undefined) return undefined
  if (next.kind === 'leader') return { kind: 'leader', senders: next.senders, test, part: 0, parts: 1 }
  const parts = screenParts(next.senders)
  const part = begun === undefined ? 0 : begun.part + 1
  return { kind: 'screen', senders: parts[part] ?? [], test: begun?.test ?? test, part, parts: parts.length }
}

/**
 * Who sends in each round of a screen: by the binary digits of each leader's number, and their complement, so that of any two leaders each
 * listens once while the other one sends.
 */
export function screenParts(leaders: readonly string[]): readonly (readonly string[])[] {
  const digits = Math.max(1, Math.ceil(Math.log2(leaders.length)))
  return Array.from({ length: digits }, (_, digit) =>
    [1, 0].map((value) => leaders.filter((_leader, number) => ((number >> digit) & 1) === value)),
  ).flat()
}

/** What the sessions of a journal say of its instances. */
export function contentionFindings(journal: Pick<Journal, 'experiment' | 'rounds' | 'samples'>): readonly ContentionEvidence[] {
  return contentionSessions(journal).map(({ candidates, answers, plan, rounds, refused }) => ({
    channel: CHANNEL,
    groups: refused === undefined ? plan.groups : [],
    undecided: refused === undefined ? plan.undecided : candidates.map(({ instance }) => instance),
    tests: {
      channel: CHANNEL,
      rounds: rounds.length,
      tests: answers.length,
      discarded: [...groupBy(rounds, ({ discarded }) => discarded)].flatMap(([code, { length }]) =>
        code === undefined ? [] : [{ code, rounds: length }],
      ),
      ...(refused !== undefined && { refused }),
    },
  }))
}
