import { withoutContention } from '../analysis/colocation/contention-round.ts'
import { contentionSessions, nextContention } from '../analysis/colocation/contention-session.ts'
import { loadJournal } from '../journal/reader.ts'
import type { Journal } from '../model/journal.ts'
import { testBytes } from './contention-options.ts'
import { contentionRound } from './contention-plan.ts'
import { type LiveRun, roundSetting } from './measure-round.ts'
import { recordRound } from './record-round.ts'
import { rest } from './rest.ts'

/**
 * Tests who shares a host with whom, one round after the other, each by what the ones before have shown; until all is clear or the most
 * that was asked for is used. Rounds go to the journal like any other, marked by their factors.
 *
 * Instances of an earlier run are gone: a resumed run begins with new ones.
 */
export async function verifyByContention({ setup, budgets, run }: LiveRun): Promise<void> {
  const { experiment, journal, options } = run
  const { colocation } = experiment
  if (colocation === undefined) return
  const { signal, onProgress } = options
  const functions = Math.max(...experiment.concurrency)
  let session: number | undefined
  for (;;) {
    const soFar = await loadJournal(journal.path)
    const sessions = contentionSessions(soFar)
    session ??= nextSession(soFar)
    const current = sessions.find(({ rounds: [first] }) => first?.mark.session === session)
    const next = current === undefined ? firstOfAll : nextContention(current)
    const number = testsOf(soFar).length
    if (next === undefined || number >= colocation.maximumTests) return
    if (bytesUsed(soFar) + testBytes(colocation, functions, next.senders.length) > colocation.maximumBytes) return
    const round = contentionRound({ ...experiment, colocation }, next, { number, session })
    if (!budgets.every((budget) => budget.allows(round))) return
    onProgress?.({ kind: 'contention', test: number + 1, tests: colocation.maximumTests, senders: next.senders.length, functions })
    const { samples } = await recordRound(round, 0, roundSetting(round, setup, run), journal)
    for (const budget of budgets) budget.add(round, samples)
    await rest(experiment.restMs, signal)
  }
}

const firstOfAll = { kind: 'silent', test: 0, part: 0, parts: 1, senders: [] } as const

const testsOf = (journal: Journal): Journal['rounds'] => {
  const own = new Set(withoutContention(journal).rounds.map(({ id }) => id))
  return journal.rounds.filter(({ id }) => !own.has(id))
}

const nextSession = (journal: Journal): number =>
  testsOf(journal).reduce((most, { factors }) => Math.max(most, Number(factors?.['session'] ?? 0) + 1), 0)

function bytesUsed(journal: Journal): number {
  const ids = new Set(testsOf(journal).map(({ id }) => id))
  return journal.samples.reduce((sum, { round, bytes = 0 }) => (ids.has(round) ? sum + bytes : sum), 0)
}
