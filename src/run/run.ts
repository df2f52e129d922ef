import { randomUUID } from 'node:crypto'
import { completedRounds, type Journal, loadJournal, nextAttempt } from '../journal/reader.ts'
import { type JournalWriter, openJournal } from '../journal/writer.ts'
import { InputError, MeasurementError } from '../model/errors.ts'
import type { FailedSample } from '../model/journal-record.ts'
import type { RunEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import { experimentRecord } from './experiment-record.ts'
import { takeHostLock } from './host-lock.ts'
import { type JournalPlace, placeJournal } from './journal-place.ts'
import { type Plan, type PlannedRound, plan } from './plan.ts'
import { recordRound } from './record-round.ts'
import type { RoundSetting } from './round.ts'
import { setUp } from './setup.ts'
import { readHealth } from './target-health.ts'

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
 * @throws InputError `JOURNAL_EXISTS`, `OTHER_PLAN`, `BROKEN_JOURNAL`
 * @throws MeasurementError `HOST_UNSUITABLE`, `HOST_BUSY`, `TARGET_GONE`, `ROUNDS_LOST`, `JOURNAL_WRITE_FAILED`, `DEPLOY_FAILED`: the journal is kept
 * @throws the reason of `signal` when aborted: the journal is kept
 */
export async function run(experiment: Experiment, options: RunOptions = {}): Promise<Journal> {
  const planned = plan(experiment)
  experiment.provider.describe()
  const { signal, onProgress, lockTimeoutMs } = options
  const place = await placeJournal(options)
  const lock = experiment.provider.exclusive
    ? await takeHostLock({
        ...(signal !== undefined && { signal }),
        ...(lockTimeoutMs !== undefined && { timeoutMs: lockTimeoutMs }),
        onWaiting: (holder) => onProgress?.({ kind: 'waiting', holder }),
      })
    : undefined
  try {
    await measure(experiment, planned, place, options)
    const journal = await loadJournal(place.path)
    await place.succeeded()
    return journal
  } catch (error) {
    const kept = await place.failed()
    if (kept !== undefined) onProgress?.({ kind: 'kept', journal: kept })
    throw error
  } finally {
    await lock?.release()
  }
}

async function measure(experiment: Experiment, planned: Plan, place: JournalPlace, options: RunOptions): Promise<void> {
  const startedAt = performance.now()
  const earlier = place.mode === 'resume' ? await earlierRun(place.path, planned) : undefined
  const done = earlier === undefined ? new Set<string>() : completedRounds(earlier)
  const todo = planned.rounds.filter(({ id }) => !done.has(id))
  const journal = await openJournal(place.path, { mode: place.mode })
  try {
    const runId = earlier?.experiment.id ?? randomUUID()
    if (earlier === undefined) await journal.append(experimentRecord(runId, experiment, planned))
    const expectedMs = (planned.expectedMs * todo.length) / planned.rounds.length
    options.onProgress?.({ kind: 'planned', rounds: planned.rounds.length, alreadyDone: done.size, expectedMs, journal: place.path })
    if (todo.length === 0 && earlier?.end !== undefined) return
    const failed = todo.length === 0 ? 0 : await measureRounds({ experiment, planned, todo, journal, runId, earlier, options })
    await journal.append({ type: 'end', completedAt: new Date().toISOString(), rounds: planned.rounds.length })
    options.onProgress?.({ kind: 'finished', rounds: todo.length, failed, elapsedMs: performance.now() - startedAt })
  } finally {
    await journal.close()
  }
}

interface Rounds {
  readonly experiment: Experiment
  readonly planned: Plan
  readonly todo: readonly PlannedRound[]
  readonly journal: JournalWriter
  readonly runId: string
  /** The journal that is resumed. */
  readonly earlier: Journal | undefined
  readonly options: RunOptions
}

/** So many rounds in a row in which every function failed end the run: it would only spend time and money. */
const lostRoundsAtMost = 3

/** @returns how many samples failed */
async function measureRounds({ experiment, planned, todo, journal, runId, earlier, options }: Rounds): Promise<number> {
  const { signal, onProgress, readyTimeoutMs = 15_000, replyTimeoutMs = 10_000 } = options
  const setup = await setUp(experiment, { runId, ...(signal !== undefined && { signal }), ...(onProgress !== undefined && { onProgress }) })
  let failures = 0
  let lost = 0
  try {
    for (const [index, round] of todo.entries()) {
      const done = planned.rounds.length - todo.length + index
      const remainingMs = (planned.expectedMs * (todo.length - index)) / planned.rounds.length
      onProgress?.({ kind: 'round-started', round, done, rounds: planned.rounds.length, remainingMs })
      const deployment = setup.deployments.get(round.memoryMb)
      if (deployment === undefined) throw new RangeError(`no deployment at ${round.memoryMb} MB`)
      const setting: RoundSetting = {
        experiment,
        deployment,
        readyTimeoutMs,
        replyTimeoutMs,
        targets: setup.targets,
        secret: setup.secret,
        ...(signal !== undefined && { signal }),
      }
      const attempt = earlier === undefined ? 0 : nextAttempt(earlier, round.id)
      const { samples, failed } = await recordRound(round, attempt, setting, journal)
      failures += failed.length
      lost = failed.length === samples ? lost + 1 : 0
      onProgress?.({ kind: 'round-ended', round, done: done + 1, rounds: planned.rounds.length, failed: failed.length })
      if (lost > 0) await checkTargets(setting, round)
      if (lost === lostRoundsAtMost) throw allLost(round, failed[0])
      await rest(experiment.restMs, signal)
    }
  } finally {
    await setup.dispose()
  }
  return failures
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
async function earlierRun(path: string, planned: Plan): Promise<Journal | undefined> {
  const earlier = await loadJournal(path).catch((error: unknown) => {
    if (error instanceof InputError && error.code === 'EMPTY_JOURNAL') return undefined
    throw error
  })
  if (earlier === undefined) return undefined
  const { hash } = earlier.experiment.plan
  if (hash === planned.hash) return earlier
  throw new InputError('OTHER_PLAN', `The journal ${path} is of another plan (${hash ?? 'no hash'}, this one has ${planned.hash}).`, {
    hint: 'Resume with the same provider options, probe and factors, or write to another journal.',
  })
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
