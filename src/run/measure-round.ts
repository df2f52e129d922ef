import { type Journal, nextAttempt } from '../journal/reader.ts'
import type { JournalWriter } from '../journal/writer.ts'
import { MeasurementError } from '../model/errors.ts'
import type { FailedSample } from '../model/journal-record.ts'
import type { Allowance } from './allowance.ts'
import type { Experiment } from './experiment.ts'
import type { RoundSetting } from './invocation.ts'
import type { ObjectStock } from './object-work.ts'
import { type Plan, type PlannedRound, placeOf } from './plan.ts'
import { placeName } from './provider-factors.ts'
import { type RecordedRound, recordRound } from './record-round.ts'
import type { Repeats } from './repeats.ts'
import { rest } from './rest.ts'
import type { RunOptions } from './run.ts'
import type { Setup } from './setup.ts'
import { readHealth } from './target-health.ts'
import { timeLimits } from './time-limits.ts'

/** How far a run has come. */
export interface Tally {
  /** Rounds, those of an earlier run too. */
  done: number
  /** Samples. */
  failed: number
  /** Rounds in a row in which every function failed. */
  lost: number
}

export interface PlannedRun {
  readonly experiment: Experiment
  readonly planned: Plan
  readonly journal: JournalWriter
  readonly runId: string
  /** The journal that is resumed. */
  readonly earlier: Journal | undefined
  readonly options: RunOptions
  readonly tally: Tally
  /** Where the probe moves objects. */
  readonly stock?: ObjectStock
}

/** So many rounds in a row in which every function failed end the run: it would only spend time and money. */
const lostRoundsAtMost = 3

export interface LiveRun {
  readonly run: PlannedRun
  readonly setup: Setup
  readonly budgets: readonly Allowance[]
  readonly repeats: Repeats
}

/** Measures a round, a second time where its invocations took turns and the budgets allow it. */
export async function measureRound(round: PlannedRound, { setup, budgets, repeats, run }: LiveRun): Promise<void> {
  const { planned, journal, earlier, options, tally } = run
  const { onProgress } = options
  for (const budget of budgets) budget.allow(round)
  const rounds = planned.rounds.length
  const remainingMs = (planned.expectedMs * (rounds - tally.done)) / rounds
  onProgress?.({ kind: 'round-started', round, done: tally.done, rounds, remainingMs })
  const setting = roundSetting(round, setup, run)
  const attempt = earlier === undefined ? 0 : nextAttempt(earlier, round.id)
  const record = async (number: number): Promise<RecordedRound> => {
    const recorded = await recordRound(round, number, setting, journal)
    for (const budget of budgets) budget.add(round, recorded.samples)
    return recorded
  }
  let recorded = await record(attempt)
  const instances = repeats.instancesIfAgain(round, recorded.samples)
  if (instances !== undefined && budgets.every((budget) => budget.allows(round))) {
    onProgress?.({ kind: 'round-repeated', round, instances })
    await rest(run.experiment.restMs, options.signal)
    recorded = await record(attempt + 1)
    repeats.ranAgain(round, recorded.samples)
  }
  const { samples, failed } = recorded
  tally.done++
  tally.failed += failed.length
  tally.lost = failed.length === samples.length ? tally.lost + 1 : 0
  onProgress?.({ kind: 'round-ended', round, done: tally.done, rounds, failed: failed.length })
  if (tally.lost > 0) await checkTargets(setting, round)
  if (tally.lost === lostRoundsAtMost) throw allLost(round, failed[0])
}

/** Runs what comes before the rounds that count. */
export async function rehearse({ setup, budgets, run }: Omit<LiveRun, 'repeats'>): Promise<void> {
  const { planned, options, experiment, journal, earlier } = run
  const { rehearsals } = planned
  if (rehearsals.length > 0) options.onProgress?.({ kind: 'rehearsing', rounds: rehearsals.length })
  for (const round of rehearsals) {
    for (const budget of budgets) budget.allow(round)
    const attempt = earlier === undefined ? 0 : nextAttempt(earlier, round.id)
    const { samples } = await recordRound(round, attempt, roundSetting(round, setup, run), journal)
    for (const budget of budgets) budget.add(round, samples)
    await rest(experiment.restMs, options.signal)
  }
}

export function roundSetting(
  round: PlannedRound,
  { runId, uploads, targets, secret, deployments }: Setup,
  { experiment, options, stock }: PlannedRun,
): RoundSetting {
  const { signal } = options
  const place = placeOf(round, experiment)
  const deployment = deployments.get(placeName(place))
  if (deployment === undefined) throw new RangeError(`no deployment at ${placeName(place)}`)
  return {
    experiment,
    runId,
    uploads,
    deployment,
    targets,
    secret,
    ...timeLimits(options),
    ...(stock !== undefined && { stock }),
    ...(signal !== undefined && { signal }),
  }
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
