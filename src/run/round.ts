import { NetfairError } from '../model/errors.ts'
import type { Direction, FailedSample, RoundRecord, Sample } from '../model/journal-record.ts'
import { sealTask, type TaskContent } from '../model/sealed-task.ts'
import type { Task } from '../model/task.ts'
import type { Deployment, InvocationResult } from '../providers/provider.ts'
import type { Experiment } from './experiment.ts'
import { watchLoad } from './load-watch.ts'
import { measuredMs, type PlannedRound } from './plan.ts'
import { loadOver } from './round-load.ts'
import type { WatchedTarget } from './target-health.ts'
import type { TimeLimits } from './time-limits.ts'

/** What a round needs besides its plan. */
export interface RoundSetting extends TimeLimits {
  readonly experiment: Experiment
  readonly targets: readonly WatchedTarget[]
  readonly deployment: Deployment
  readonly runId: string
  /** Seals the tasks. */
  readonly secret: string
  readonly signal?: AbortSignal
}

export interface RoundOutcome {
  /** As it is written when the round ends. */
  readonly record: RoundRecord
  readonly samples: readonly Sample[]
}

/** The record that opens a round. */
export function openingRecord(round: PlannedRound, attempt: number): RoundRecord {
  const { id, direction, memoryMb, concurrency, repetition, factors } = round
  return {
    type: 'round',
    id,
    attempt,
    direction,
    memoryMb,
    concurrency,
    repetition,
    ...(Object.keys(factors).length > 0 && { factors }),
  }
}

/**
 * Runs one round: all its functions at once, with the targets and the host watched.
 *
 * A function that fails gives failed samples; the round goes on without it.
 *
 * @throws the signal's reason when aborted
 */
export async function runRound(round: PlannedRound, attempt: number, setting: RoundSetting): Promise<RoundOutcome> {
  const watch = watchLoad(setting.targets, setting.deployment)
  const invocations = Array.from({ length: round.concurrency }, (_, index) =>
    invoke(round, taskOf(round, attempt, index, setting), setting),
  )
  const results = await Promise.all(invocations).finally(() => watch.stop())
  const readings = await watch.stop()
  setting.signal?.throwIfAborted()
  const samples = results.flatMap((result) => samplesOf(result, round))
  const window = windowOf(samples, setting.experiment.warmUpMs)
  const load = window === undefined ? { targets: [] } : loadOver(readings, ...window)
  const startAtMs = results.find((result) => result.startAtMs !== undefined)?.startAtMs
  const hosts = new Set(results.map(({ host }) => host))
  const [host] = hosts
  const record: RoundRecord = {
    ...openingRecord(round, attempt),
    ...(hosts.size === 1 && host !== undefined && { host }),
    ...(startAtMs !== undefined && { startAtMs }),
    ...(load.targets.length > 0 && { targets: load.targets }),
    ...(load.hostIdle !== undefined && { hostIdle: load.hostIdle }),
    completed: true,
  }
  return { record, samples }
}

/** How far the clocks of this machine and of a function may be apart: what cloud APIs allow, too. */
const clockToleranceMs = 300_000

function taskOf(
  round: PlannedRound,
  attempt: number,
  invocation: number,
  { runId, targets, secret, readyTimeoutMs, replyTimeoutMs }: RoundSetting,
): Task {
  const { roles } = round
  const { name, version, params, module } = roles !== undefined && invocation >= roles.victims ? roles.neighbour : round.probe
  const targetIndex = invocation % targets.length
  const [first] = targets
  const mine = targets[targetIndex]
  if (first === undefined || mine === undefined) throw new RangeError('a round without a target')
  const deadlineMs = readyTimeoutMs + measuredMs(round) + replyTimeoutMs
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
    rendezvous: first.target,
    readyTimeoutMs,
    deadlineMs,
    expiresAtMs: Date.now() + deadlineMs + clockToleranceMs,
  }
  return sealTask(content, secret)
}

async function invoke(round: PlannedRound, task: Task, { deployment, signal }: RoundSetting): Promise<InvocationResult> {
  try {
    return await deployment.invoke(task, { repetition: round.repetition, ...(signal !== undefined && { signal }) })
  } catch (error) {
    if (!(error instanceof NetfairError)) throw error
    return { samples: directionsOf(task).map((direction) => failedSample(task, direction, error)) }
  }
}

function directionsOf({ direction }: Task): readonly Direction[] {
  return direction === 'both' ? ['download', 'upload'] : [direction]
}

function failedSample(task: Task, direction: Direction, { code, message }: NetfairError): FailedSample {
  const { round, attempt, invocation, targetIndex } = task
  return { type: 'sample', round, attempt, invocation, direction, target: targetIndex, outcome: 'failed', error: { code, message } }
}

function samplesOf({ samples, host, billedMs }: InvocationResult, { roles }: PlannedRound): readonly Sample[] {
  return samples.map((sample) => ({
    ...sample,
    ...(roles !== undefined && { role: sample.invocation < roles.victims ? 'victim' : 'neighbour' }),
    ...(host !== undefined && { host }),
    ...(billedMs !== undefined && { billedMs }),
  }))
}

/** Latest start + warm-up … earliest end of the functions that completed; undefined where there is no such time. */
function windowOf(samples: readonly Sample[], warmUpMs: number): [fromMs: number, toMs: number] | undefined {
  const completed = samples.filter((sample) => sample.outcome === 'completed')
  if (completed.length === 0) return undefined
  const from = Math.max(...completed.map(({ startedAtMs }) => startedAtMs)) + warmUpMs
  const to = Math.min(...completed.map(({ endedAtMs }) => endedAtMs))
  return to > from ? [from, to] : undefined
}
