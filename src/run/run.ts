import { randomUUID } from 'node:crypto'
import { countedRounds } from '../analysis/counted-rounds.ts'
import { completedRounds, type Journal, loadJournal } from '../journal/reader.ts'
import { openJournal } from '../journal/writer.ts'
import { InputError, MeasurementError } from '../model/errors.ts'
import type { EndRecord, Tier } from '../model/journal-record.ts'
import type { ProviderDescription } from '../providers/provider.ts'
import { byteBudget } from './byte-budget.ts'
import { testsLeft, verifyByContention } from './contention.ts'
import { contentionRoundsAtMost } from './contention-plan.ts'
import type { RunEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import { experimentRecord } from './experiment-record.ts'
import { takeHostLock } from './host-lock.ts'
import { type JournalPlace, placeJournal } from './journal-place.ts'
import { measureRound, type PlannedRun, rehearse, type Tally } from './measure-round.ts'
import { type NextRounds, nextRounds } from './next-rounds.ts'
import { asksByIdentity, type ObjectStock, openObjectStock } from './object-work.ts'
import { type Plan, plan } from './plan.ts'
import { Repeats } from './repeats.ts'
import { rest } from './rest.ts'
import { setUp } from './setup.ts'
import { invocationLimitMs, longestMs, timeLimits } from './time-limits.ts'
import { refuseOverBudget, usdBudget } from './usd-budget.ts'

export interface RunOptions {
  /** Path of the journal. Default: a temporary file, removed on success. An existing one is refused unless `resume` or `overwrite`. */
  readonly journal?: string
  /** Go on with an interrupted journal: no completed round is repeated, none is lost. */
  readonly resume?: boolean
  /** Replace an existing journal. */
  readonly overwrite?: boolean
  /** Ends the run cleanly; what was measured stays in the journal. */
  readonly signal?: AbortSignal
  readonly onProgress?: (event: RunEvent) => void
  /** How long to wait for another local run on this host, in milliseconds. Default 600,000. */
  readonly lockTimeoutMs?: number
  /** How long a round waits for its last function once the first one is ready, in milliseconds. Default 15,000. */
  readonly readyTimeoutMs?: number
  /** How long a function may take for connections and results, beside waiting and measuring, in milliseconds. Default 10,000. */
  readonly replyTimeoutMs?: number
}

/** What `run` of netfair does: documented in `run-on-demand.ts`, which loads this. */
export async function run(experiment: Experiment, options: RunOptions = {}): Promise<Journal> {
  const planned = plan(experiment)
  refuseOverBudget(planned)
  const { signal, onProgress } = options
  const { provider, memoryMb, concurrency } = experiment
  const longest = [...planned.cells, ...contentionRoundsAtMost(experiment).slice(0, 1)]
  const invocationMs = Math.max(...longest.map((cell) => invocationLimitMs(cell, timeLimits(options))))
  const demand = {
    memoryMb,
    concurrency: Math.max(...concurrency),
    invocationMs,
    ...(asksByIdentity(experiment, planned) && { identity: true }),
    ...(signal !== undefined && { signal }),
  }
  const place = await provider.check(demand)
  const { tier, tiersRefused = {} } = place
  if (tier !== undefined && tier !== 'privileged') onProgress?.({ kind: 'tier', tier, refused: tiersRefused })
  const stock = await openObjectStock(experiment, planned, signal)
  try {
    return await runChecked({ experiment, planned, place, options, ...(stock !== undefined && { stock }) })
  } finally {
    await stock?.close()
  }
}

async function runChecked(checked: Omit<CheckedRun, 'journalPlace'>): Promise<Journal> {
  const { provider } = checked.experiment
  const { signal, onProgress, lockTimeoutMs } = checked.options
  const journalPlace = await placeJournal(checked.options)
  const lock = provider.exclusive
    ? await takeHostLock({
        ...(signal !== undefined && { signal }),
        ...(lockTimeoutMs !== undefined && { timeoutMs: lockTimeoutMs }),
        onWaiting: (holder) => onProgress?.({ kind: 'waiting', holder }),
      })
    : undefined
  try {
    await measure({ ...checked, journalPlace })
    const journal = await loadJournal(journalPlace.path)
    await journalPlace.succeeded()
    return journal
  } catch (error) {
    const kept = await journalPlace.failed()
    if (kept !== undefined) onProgress?.({ kind: 'kept', journal: kept })
    throw error
  } finally {
    await lock?.release()
  }
}

interface CheckedRun {
  readonly experiment: Experiment
  readonly planned: Plan
  /** Where it will be measured. */
  readonly place: ProviderDescription
  readonly journalPlace: JournalPlace
  readonly options: RunOptions
  /** Where the probe moves objects. */
  readonly stock?: ObjectStock
}

async function measure({ experiment, planned, place, journalPlace, options, stock }: CheckedRun): Promise<void> {
  const startedAt = performance.now()
  const { onProgress } = options
  const { path, mode } = journalPlace
  const earlier = mode === 'resume' ? await earlierRun(path, planned, place) : undefined
  const doneBefore = earlier === undefined ? 0 : completedRounds(countedRounds(earlier)).size
  const first = nextRounds(planned, earlier && countedRounds(earlier))
  const journal = await openJournal(path, { mode })
  try {
    const runId = earlier?.experiment.id ?? randomUUID()
    if (earlier === undefined) await journal.append(experimentRecord(runId, experiment, planned, place))
    const rounds = planned.rounds.length
    const expectedMs = first.rounds.length === 0 ? 0 : (planned.expectedMs * (rounds - doneBefore)) / rounds
    const atMost = planned.stop !== undefined || planned.budget !== undefined
    onProgress?.({ kind: 'planned', rounds, alreadyDone: doneBefore, expectedMs, atMost, journal: path })
    if (first.rounds.length === 0 && earlier?.end !== undefined && !goesOnTesting(experiment, earlier)) return
    const tally: Tally = { done: doneBefore, failed: 0, lost: 0 }
    const end = (stoppedBy: EndRecord['stoppedBy']): Promise<void> => journal.append(endRecord(tally.done, stoppedBy))
    const shared = stock === undefined ? {} : { stock }
    const plannedRun: PlannedRun = { experiment, planned, journal, runId, earlier, options, tally, ...shared }
    const stoppedBy = await measureRounds(first, plannedRun).catch(async (error: unknown) => {
      if (error instanceof MeasurementError && error.code === 'BUDGET_REACHED') await end('budget')
      throw error
    })
    await end(stoppedBy)
    onProgress?.({ kind: 'finished', rounds: tally.done - doneBefore, failed: tally.failed, elapsedMs: performance.now() - startedAt })
  } finally {
    await journal.close()
  }
}

/** A budget that ended the tests may have been raised. */
const goesOnTesting = (experiment: Experiment, earlier: Journal): boolean =>
  earlier.end?.stoppedBy === 'budget' && testsLeft(experiment, earlier)

const endRecord = (rounds: number, stoppedBy: EndRecord['stoppedBy']): EndRecord => ({
  type: 'end',
  completedAt: new Date().toISOString(),
  rounds,
  ...(stoppedBy !== undefined && { stoppedBy }),
})

const done: NextRounds = { rounds: [] }

/** @returns why it stopped, where that is not the end of the plan */
async function measureRounds(first: NextRounds, run: PlannedRun): Promise<NextRounds['stoppedBy']> {
  const { experiment, planned, journal, runId, earlier, options, stock } = run
  if (first.rounds.length === 0 && (earlier === undefined || !testsLeft(experiment, earlier))) return first.stoppedBy
  const { signal, onProgress } = options
  const budgets = [byteBudget(planned.budget?.bytes ?? Number.POSITIVE_INFINITY), usdBudget(experiment, planned)]
  if (earlier !== undefined) for (const budget of budgets) budget.addAll(earlier)
  const endsBeforeMs =
    Date.now() +
    longestMs([...planned.rehearsals, ...planned.rounds, ...contentionRoundsAtMost(experiment)], experiment.restMs, timeLimits(options))
  const watched = { ...(signal !== undefined && { signal }), ...(onProgress !== undefined && { onProgress }) }
  const setup = await setUp(experiment, { runId, endsBeforeMs, ...watched, ...(stock !== undefined && { stock }) })
  const repeats = new Repeats()
  const ran = new Set<string>()
  try {
    if (first.rounds.length > 0) await rehearse({ setup, budgets, run })
    for (let block = first; ; ) {
      for (const round of block.rounds) {
        await measureRound(round, { setup, budgets, repeats, run })
        ran.add(round.id)
        await rest(experiment.restMs, signal)
      }
      const { rounds, stoppedBy } = planned.stop === undefined ? done : nextRounds(planned, countedRounds(await loadJournal(journal.path)))
      // A round that ran and does not count is not tried for ever.
      block = { rounds: rounds.filter(({ id }) => !ran.has(id)) }
      if (block.rounds.length === 0) {
        await verifyByContention({ setup, budgets, repeats, run })
        return stoppedBy ?? first.stoppedBy
      }
    }
  } finally {
    await setup.dispose().finally(() => stock?.removeUploads(setup.uploads))
  }
}

/** @returns undefined where the earlier run was killed before its first record was written */
async function earlierRun(path: string, planned: Plan, { tier }: ProviderDescription): Promise<Journal | undefined> {
  const earlier = await loadJournal(path).catch((error: unknown) => {
    if (error instanceof InputError && error.code === 'EMPTY_JOURNAL') return undefined
    throw error
  })
  if (earlier === undefined) return undefined
  const { hash } = earlier.experiment.plan
  if (hash === planned.hash) return inSameTier(path, earlier, tier)
  throw new InputError('OTHER_PLAN', `The journal ${path} is of another plan (${hash ?? 'no hash'}, this one has ${planned.hash}).`, {
    hint: 'Resume with the same provider options, probe and factors, or write to another journal.',
  })
}

/** Rounds of two tiers in one journal could not be compared. */
function inSameTier(path: string, earlier: Journal, tier: Tier | undefined): Journal {
  const { tier: before } = earlier.experiment.provider
  if (before === tier) return earlier
  throw new InputError(
    'OTHER_TIER',
    `The journal ${path} was begun in tier ${before ?? 'none'}; here the run would go on in ${tier ?? 'none'}.`,
    {
      hint: 'Go on as the same user on the same machine, or write to another journal.',
    },
  )
}
