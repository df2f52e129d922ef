import type { CompletedSample, RoundRecord, Sample } from '../model/journal-record.ts'
import type { InvocationResult } from '../providers/provider.ts'
import { clockToleranceMs, invoke, type RoundSetting, type RunningRound, samplesOf } from './invocation.ts'
import { watchLoad } from './load-watch.ts'
import { moveWork } from './move-work.ts'
import type { WorkOf } from './object-work.ts'
import type { PlannedRound } from './plan.ts'
import { reportGone } from './report-gone.ts'
import { loadOver } from './round-load.ts'
import { followingMs } from './time-limits.ts'

export interface RoundOutcome {
  /** As it is written when the round ends. */
  readonly record: RoundRecord
  readonly samples: readonly Sample[]
}

/** The record that opens a round. */
export function openingRecord(round: PlannedRound, attempt: number): RoundRecord {
  const { id, direction, memoryMb, concurrency, repetition, rehearsal, factors } = round
  return {
    type: 'round',
    id,
    attempt,
    direction,
    memoryMb,
    concurrency,
    repetition,
    ...(rehearsal && { rehearsal }),
    ...(Object.keys(factors).length > 0 && { factors }),
  }
}

/**
 * Runs one round: all its functions at once, or until its work is done, with the targets and the host watched.
 *
 * A function that fails gives failed samples; the round goes on without it.
 *
 * @throws the signal's reason when aborted
 */
export async function runRound(round: PlannedRound, attempt: number, setting: RoundSetting): Promise<RoundOutcome> {
  const objectsOf = await objectsFor(round, attempt, setting)
  const watch = watchLoad(setting.targets, setting.deployment)
  const results = await invokeAll({ round, attempt, setting, ...(objectsOf !== undefined && { objectsOf }) }).finally(() => watch.stop())
  const readings = await watch.stop()
  setting.signal?.throwIfAborted()
  const samples = results.flatMap((result) => samplesOf(result, round))
  const window = windowOf(samples, round, setting.experiment.warmUpMs)
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

/** No store signs for more than 7 days; Azure's key for it has to live some time longer. */
const longestLifeMs = 6 * 86_400_000

/** Signed for as long as any function of the round may need them. */
async function objectsFor(round: PlannedRound, attempt: number, setting: RoundSetting): Promise<WorkOf | undefined> {
  const { stock, uploads } = setting
  const expiresAtMs = Date.now() + Math.min(followingMs(round, setting) + clockToleranceMs, longestLifeMs)
  return await stock?.workOf(round, { uploads, attempt, expiresAtMs })
}

async function invokeAll(running: RunningRound): Promise<readonly InvocationResult[]> {
  const { round, attempt, setting } = running
  const { work, concurrency } = round
  if (work === undefined) {
    const slots = Array.from({ length: concurrency }, (_, slot) => invoke(running, { invocation: slot, slot }))
    return (await Promise.all(slots)).map(({ result }) => result)
  }
  const { runId, targets, signal } = setting
  return moveWork({
    work,
    concurrency,
    idOf: String,
    invoke: (invocation) => invoke(running, invocation),
    report: (invocation, gone) => reportGone(targets[0], `${runId}.${round.id}.${attempt}`, { invocation, chunks: work.chunks, gone }),
    ...(signal !== undefined && { signal }),
  })
}

/** Latest start + warm-up … earliest end of the functions that began together and completed; undefined where there is no such time. */
function windowOf(
  samples: readonly Sample[],
  { work, concurrency }: PlannedRound,
  warmUpMs: number,
): [fromMs: number, toMs: number] | undefined {
  const completed = samples.filter((sample) => sample.outcome === 'completed')
  // Where each chunk is an invocation of its own, the load is that of the whole round.
  if (work?.mode === 'one-per-invocation') return spanOf(completed)
  const together = completed.filter(({ invocation }) => invocation < concurrency)
  if (together.length === 0) return undefined
  const from = Math.max(...together.map(({ startedAtMs }) => startedAtMs)) + warmUpMs
  const to = Math.min(...together.map(({ endedAtMs }) => endedAtMs))
  return to > from ? [from, to] : undefined
}

function spanOf(samples: readonly CompletedSample[]): [fromMs: number, toMs: number] | undefined {
  const first = samples.reduce((least, { startedAtMs }) => Math.min(least, startedAtMs), Number.POSITIVE_INFINITY)
  const last = samples.reduce((most, { endedAtMs }) => Math.max(most, endedAtMs), Number.NEGATIVE_INFINITY)
  return last > first ? [first, last] : undefined
}
