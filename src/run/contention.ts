import { markOf } from '../analysis/colocation/contention-round.ts'
import { contentionSessions, type NextContention, nextContention } from '../analysis/colocation/contention-session.ts'
import { loadJournal } from '../journal/reader.ts'
import type { Journal } from '../model/journal.ts'
import { testBytes, type Verification } from './contention-options.ts'
import { type ContentionPlace, contentionRound } from './contention-plan.ts'
import { testsUsed } from './contention-use.ts'
import type { Experiment } from './experiment.ts'
import { type LiveRun, roundSetting } from './measure-round.ts'
import { recordRound } from './record-round.ts'
import { rest } from './rest.ts'

/** Sets of instances that one run tests at most: a platform that gives new ones all the time would never be done. */
const MOST_SESSIONS = 3

/**
 * Tests who shares a host with whom, one round after the other, each by what the ones before have shown; until all is clear or the most
 * that was asked for is used. Rounds go to the journal like any other, marked by their factors.
 *
 * Instances of an earlier run are gone: a resumed run begins with new ones. So does one whose instances were replaced meanwhile; what is known
 * of the old ones stays theirs.
 *
 * @throws MeasurementError `BUDGET_REACHED`
 */
export async function verifyByContention({ setup, budgets, run }: LiveRun): Promise<void> {
  const { experiment, journal, options } = run
  const { colocation } = experiment
  if (colocation === undefined) return
  const { signal, onProgress } = options
  const functions = Math.max(...experiment.concurrency)
  let first: number | undefined
  for (;;) {
    const soFar = await loadJournal(journal.path)
    first ??= nextSession(soFar)
    const next = nextTest(colocation, functions, soFar, first)
    if (next === undefined) return
    const round = contentionRound({ ...experiment, colocation }, next.test, next)
    for (const budget of budgets) budget.allow(round)
    const { maximumTests: tests } = colocation
    onProgress?.({ kind: 'contention', test: next.number + 1, tests, senders: next.test.senders.length, functions })
    const { samples } = await recordRound(round, 0, roundSetting(round, setup, run), journal)
    for (const budget of budgets) budget.add(round, samples)
    await rest(experiment.restMs, signal)
  }
}

/** Whether a run that is resumed would test anything: its last tests were not at their end, and there is room for new ones. */
export function testsLeft({ colocation, concurrency }: Experiment, earlier: Journal): boolean {
  if (colocation === undefined) return false
  const begun = nextSession(earlier)
  const from = (first: number): unknown => nextTest(colocation, Math.max(...concurrency), earlier, first)
  return from(begun) !== undefined && (begun === 0 || from(begun - 1) !== undefined)
}

const SILENCE: NextContention = { kind: 'silent', test: 0, part: 0, parts: 1, senders: [] }

/**
 * What to run next; undefined: all is clear, or what was asked for is used.
 * @param first - sessions before it were on other instances
 */
function nextTest(
  verification: Verification,
  functions: number,
  journal: Journal,
  first: number,
): (ContentionPlace & { readonly test: NextContention }) | undefined {
  const { maximumTests, maximumBytes } = verification
  const latest = contentionSessions(journal).at(-1)
  const begun = nextSession(journal)
  const current = begun > first && latest?.replaced !== true ? latest : undefined
  const test = current === undefined ? SILENCE : nextContention(current)
  if (test === undefined || (current === undefined && begun >= first + MOST_SESSIONS)) return undefined
  const used = testsUsed(journal, verification)
  // Silence alone says nothing.
  const atLeast = test.kind === 'silent' ? [0, 1] : [test.senders.length]
  const bytes = atLeast.reduce((sum, senders) => sum + testBytes(verification, functions, senders), 0)
  if (used.rounds + atLeast.length > maximumTests || used.bytes + bytes > maximumBytes) return undefined
  return { number: used.rounds, session: current === undefined ? begun : begun - 1, test }
}

function nextSession(journal: Journal): number {
  return journal.rounds.reduce((most, round) => Math.max(most, (markOf(round)?.session ?? -1) + 1), 0)
}
