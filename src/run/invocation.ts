import { MeasurementError, NetfairError } from '../model/errors.ts'
import type { WorkShare } from '../model/fixed-work.ts'
import type { Direction, FailedSample, Sample } from '../model/journal-record.ts'
import { sealTask, type TaskContent } from '../model/sealed-task.ts'
import type { Task } from '../model/task.ts'
import type { Deployment, InvocationResult } from '../providers/provider.ts'
import type { Experiment } from './experiment.ts'
import type { ObjectStock, WorkOf } from './object-work.ts'
import type { PlannedRound } from './plan.ts'
import type { WatchedTarget } from './target-health.ts'
import { invocationLimitMs, type TimeLimits } from './time-limits.ts'

/** What a round needs besides its plan. */
export interface RoundSetting extends TimeLimits {
  readonly experiment: Experiment
  readonly runId: string
  /** Where its functions upload to. */
  readonly uploads: string
  readonly targets: readonly WatchedTarget[]
  readonly deployment: Deployment
  /** Seals the tasks. */
  readonly secret: string
  /** Where the probe moves objects. */
  readonly stock?: ObjectStock
  readonly signal?: AbortSignal
}

/** One attempt of a round, and what it needs. */
export interface RunningRound {
  readonly round: PlannedRound
  readonly attempt: number
  readonly setting: RoundSetting
  /** What each function moves, where the probe moves objects. */
  readonly objectsOf?: WorkOf
}

export interface Invocation {
  /** Counts from 0 over the round. */
  readonly invocation: number
  /** Which of the functions that work side by side. */
  readonly slot: number
  /** Of a fixed work. */
  readonly share?: WorkShare
}

export interface Outcome {
  readonly result: InvocationResult
  /** Whether the function gave this, or nothing came of it. */
  readonly replied: boolean
}

/** Runs one invocation to its end. One that fails gives failed samples. */
export async function invoke(running: RunningRound, invocation: Invocation): Promise<Outcome> {
  const { round, setting } = running
  const { deployment, signal } = setting
  const task = taskOf(running, invocation)
  const options = { repetition: round.repetition, slot: invocation.slot, ...(signal !== undefined && { signal }) }
  try {
    return { result: await deployment.invoke(task, options), replied: true }
  } catch (error) {
    if (!(error instanceof NetfairError)) throw error
    return { result: { samples: directionsOf(task).map((direction) => failedSample(task, direction, error)) }, replied: false }
  }
}

/** Of a result, with what the run knows beside. */
export function samplesOf({ samples, host, billedMs }: InvocationResult, { roles }: PlannedRound): readonly Sample[] {
  return samples.map((sample) => ({
    ...sample,
    ...(roles !== undefined && { role: sample.invocation < roles.victims ? 'victim' : 'neighbour' }),
    ...(host !== undefined && { host }),
    ...(billedMs !== undefined && { billedMs }),
  }))
}

/** How far the clocks of this machine and of a function may be apart: what cloud APIs allow, too. */
export const clockToleranceMs = 300_000

function taskOf({ round, attempt, setting, objectsOf }: RunningRound, { invocation, slot, share }: Invocation): Task {
  const { runId, targets, secret, readyTimeoutMs } = setting
  const { roles } = round
  const { name, version, params, module } = roles !== undefined && invocation >= roles.victims ? roles.neighbour : round.probe
  const targetIndex = slot % targets.length
  const [first] = targets
  const mine = targets[targetIndex]
  if (first === undefined || mine === undefined) throw new RangeError('a round without a target')
  const objects = objectsOf?.(slot)
  const deadlineMs = invocationLimitMs(round, setting)
  const content: TaskContent = {
    run: runId,
    round: round.id,
    attempt,
    invocation,
    concurrency: round.concurrency,
    direction: round.direction,
    probe: { name, version, params, ...(module !== undefined && { module }) },
    target: mine.target,
    targetIndex,
    ...(share !== undefined && { work: share }),
    ...(objects !== undefined && { objects }),
    rendezvous: first.target,
    readyTimeoutMs,
    deadlineMs,
    expiresAtMs: Date.now() + deadlineMs + clockToleranceMs,
  }
  return sealTask(content, secret)
}

function directionsOf({ direction }: Task): readonly Direction[] {
  return direction === 'both' ? ['download', 'upload'] : [direction]
}

function failedSample({ round, attempt, invocation, targetIndex }: Task, direction: Direction, error: NetfairError): FailedSample {
  const { code, message } = error
  const { billedMs } = error instanceof MeasurementError ? error : {}
  const of = { round, attempt, invocation, direction, target: targetIndex, ...(billedMs !== undefined && { billedMs }) }
  return { type: 'sample', ...of, outcome: 'failed', error: { code, message } }
}
