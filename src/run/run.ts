import { randomUUID } from 'node:crypto'
import { completedRounds, type Journal, loadJournal, nextAttempt } from '../journal/reader.ts'
import { type JournalWriter, openJournal } from '../journal/writer.ts'
import { InputError, MeasurementError } from '../model/errors.ts'
import type { EndRecord, FailedSample, Sample, Tier } from '../model/journal-record.ts'
import type { ProviderDescription } from '../providers/provider.ts'
import { byteBudget } from './byte-budget.ts'
import type { RunEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import { experimentRecord } from './experiment-record.ts'
import { takeHostLock } from './host-lock.ts'
import { type JournalPlace, placeJournal } from './journal-place.ts'
import { type NextRounds, nextRounds } from './next-rounds.ts'
import { type Plan, type PlannedRound, plan } from './plan.ts'
import { recordRound } from './record-round.ts'
import type { RoundSetting } from './round.ts'
import { type Setup, setUp } from './setup.ts'
import { readHealth } from './target-health.ts'
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

/**
 * Runs an experiment and returns its journal.
 *
 * Everything that it deploys, starts or makes is gone when it returns or throws. It installs no signal handler and never ends the
 * process. A function that fails is a sample with `outcome: 'failed'`, not an exception.
 *
 * @throws InputError `JOURNAL_EXISTS`, `OTHER_PLAN`, `OTHER_TIER`, `BROKEN_JOURNAL`, and what the provider refuses: `INVALID_MEMORY`,
 *   `INVALID_CONCURRENCY`, `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `REGION_UNKNOWN`; where `budget.usd` is set
 *   `QUOTE_OVER_BUDGET`, `PRICE_UNKNOWN`: nothing has been made
 * @throws MeasurementError `HOST_UNSUITABLE`, `HOST_BUSY`, `TARGET_GONE`, `BUDGET_REACHED`, `ROUNDS_LOST`, `JOURNAL_WRITE_FAILED`, `DEPLOY_FAILED`: the journal is kept
 * @throws the reason of `signal` when aborted: the journal is kept
 */
export async function run(experiment: Experiment, options: RunOptions = {}): Promise<Journal> {
  const planned = plan(experiment)
  refuseOverBudget(planned)
  const { signal, onProgress, lockTimeoutMs } = options
  const { provider, memoryMb, concurrency } = experiment
  const demand = { memoryMb, concurrency: Math.max(...concurrency), ...(signal !== undefined && { signal }) }
  const place = await provider.check(demand)
  const { tier, tiersRefused = {} } = place
  if (tier !== undefined && tier !== 'privileged') onProgress?.({ kind: 'tier', tier, refused: tiersRefused })
  const journalPlace = await placeJournal(options)
  const lock = provider.exclusive
    ? await takeHostLock({
        ...(signal !== undefined && { signal }),
        ...(lockTimeoutMs !== undefined && { timeoutMs: lockTimeoutMs }),
        onWaiting: (holder) => onProgress?.({ kind: 'waiting', holder }),
      })
    : undefined
  try {
    await measure({ experiment, planned, place, journalPlace, options })
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
}

async function measure({ experiment, planned, place, journalPlace, options }: CheckedRun): Promise<void> {
  const startedAt = performance.now()
  const { onProgress } = options
  const { path, mode } = journalPlace
  const earlier = mode === 'resume' ? await earlierRun(path, planned, place) : undefined
  const doneBefore = earlier === undefined ? 0 : completedRounds(earlier).size
  const first = nextRounds(planned, earlier)
  const journal = await openJournal(path, { mode })
  try {
    const runId = earlier?.experiment.id ?? randomUUID()
    if (earlier === undefined) await journal.append(experimentRecord(runId, experiment, planned, place))
    const rounds = planned.rounds.length
    const expectedMs = first.rounds.length === 0 ? 0 : (planned.expectedMs * (rounds - doneBefore)) / rounds
    const atMost = planned.stop !== undefined || planned.budget !== undefined
    onProgress?.({ kind: 'planned', rounds, alreadyDone: doneBefore, expectedMs, atMost, journal: path })
    if (first.rounds.length === 0 && earlier?.end !== undefined) return
    const tally: Tally = { done: doneBefore, failed: 0, lost: 0 }
    const end = (stoppedBy: EndRecord['stoppedBy']): Promise<void> => journal.append(endRecord(tally.done, stoppedBy))
    const plannedRun: PlannedRun = { experiment, planned, journal, runId, earlier, options, tally }
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

const endRecord = (rounds: number, stoppedBy: EndRecord['stoppedBy']): EndRecord => ({
  type: 'end',
  completedAt: new Date().toISOString(),
  rounds,
  ...(stoppedBy !== undefined && { stoppedBy }),
})

/** How far a run has come. */
interface Tally {
  /** Rounds, those of an earlier run too. */
  done: number
  /** Samples. */
  failed: number
  /** Rounds in a row in which every function failed. */
  lost: number
}

interface PlannedRun {
  readonly experiment: Experiment
  readonly planned: Plan
  readonly journal: JournalWriter
  readonly runId: string
  /** The journal that is resumed. */
  readonly earlier: Journal | undefined
  readonly options: RunOptions
  readonly tally: Tally
}

/** So many rounds in a row in which every function failed end the run: it would only spend time and money. */
const lostRoundsAtMost = 3

/** @returns why it stopped, where that is not the end of the plan */
async function measureRounds(first: NextRounds, run: PlannedRun): Promise<NextRounds['stoppedBy']> {
  if (first.rounds.length === 0) return first.stoppedBy
  const { experiment, planned, journal, runId, earlier, options } = run
  const { signal, onProgress } = options
  const budgets = [byteBudget(planned.budget?.bytes ?? Number.POSITIVE_INFINITY), usdBudget(experiment, planned)]
  if (earlier !== undefined) for (const budget of budgets) budget.addAll(earlier)
  const setup = await setUp(experiment, { runId, ...(signal !== undefined && { signal }), ...(onProgress !== undefined && { onProgress }) })
  const ran = new Set<string>()
  try {
    for (let block = first; ; ) {
      for (const round of block.rounds) {
        for (const budget of budgets) budget.allow(round)
        const samples = await measureRound(round, setup, run)
        for (const budget of budgets) budget.add(round, samples)
        ran.add(round.id)
        await rest(experiment.restMs, signal)
      }
      if (planned.stop === undefined) return undefined
      const { rounds, stoppedBy } = nextRounds(planned, await loadJournal(journal.path))
      // A round that ran and does not count is not tried for ever.
      block = { rounds: rounds.filter(({ id }) => !ran.has(id)) }
      if (block.rounds.length === 0) return stoppedBy
    }
  } finally {
    await setup.dispose()
  }
}

async function measureRound(
  round: PlannedRound,
  { targets, secret, deployments }: Setup,
  { experiment, planned, journal, earlier, options, tally }: PlannedRun,
): Promise<readonly Sample[]> {
  const { signal, onProgress, readyTimeoutMs = 15_000, replyTimeoutMs = 10_000 } = options
  const rounds = planned.rounds.length
  const remainingMs = (planned.expectedMs * (rounds - tally.done)) / rounds
  onProgress?.({ kind: 'round-started', round, done: tally.done, rounds, remainingMs })
  const deployment = deployments.get(round.memoryMb)
  if (deployment === undefined) throw new RangeError(`no deployment at ${round.memoryMb} MB`)
  const known = { experiment, deployment, readyTimeoutMs, replyTimeoutMs, targets, secret }
  const setting: RoundSetting = { ...known, ...(signal !== undefined && { signal }) }
  const attempt = earlier === undefined ? 0 : nextAttempt(earlier, round.id)
  const { samples, failed } = await recordRound(round, attempt, setting, journal)
  tally.done++
  tally.failed += failed.length
  tally.lost = failed.length === samples.length ? tally.lost + 1 : 0
  onProgress?.({ kind: 'round-ended', round, done: tally.done, rounds, failed: failed.length })
  if (tally.lost > 0) await checkTargets(setting, round)
  if (tally.lost === lostRoundsAtMost) throw allLost(round, failed[0])
  return samples
}

/** When a whole round failed: is there anything left to measure against? */
async function checkTargets({ targets }: RoundSetting, round: PlannedRound): Promise<void> {
  for (const target of targets) {
    if ((await readHealth(target, 5000)) !== undefined) continue
    throw new MeasurementError(
      'TARGET_GONE',
      `All functions of round ${round.id} failed, and the target ${target.target.http} does not answer.`,
      {
        hint: 'Start the target again and go on with resume (`--resume`): the rounds so far are kept.',
      },
    )
  }
}

function allLost(round: PlannedRound, sample: FailedSample | undefined): MeasurementError {
  const why = sample === undefined ? 'for no reason given' : `with ${sample.error.code}: ${sample.error.message}`
  return new MeasurementError('ROUNDS_LOST', `All functions failed in ${lostRoundsAtMost} rounds in a row, in ${round.id} ${why}`, {
    hint: 'Mend the cause and go on with resume (`--resume`): the rounds so far are kept.',
  })
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

function rest(restMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  if (restMs === 0) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', done)
    resolve()
  }
  const timer = setTimeout(done, restMs)
  signal?.addEventListener('abort', done)
  return promise
}
