import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../../src/journal/assemble.ts'
import type { FixedWork } from '../../../src/model/fixed-work.ts'
import type { Journal } from '../../../src/model/journal.ts'
import type { Chunk, CompletedSample, ExperimentRecord, JournalRecord, RoundRecord } from '../../../src/model/journal-record.ts'
import { lognormal } from '../../../src/testing/noise.ts'

/** A fixed work whose truth is known: a fluid simulation of functions that share a network. */
export interface WorkTruth {
  readonly memoryMb: readonly number[]
  readonly concurrency: readonly number[]
  readonly rounds: number
  readonly work: FixedWork
  /** Bits per second of one chunk where so many are under way. */
  readonly rate: (memoryMb: number, together: number) => number
  /** Coefficient of variation between rounds. Default 0. */
  readonly cv?: number
  /** And between chunks. Default 0. */
  readonly cvChunk?: number
  /** Between two chunks of a function. Default 5. */
  readonly gapMs?: number
  /** That an invocation takes beside its chunks. Default 300. */
  readonly besideMs?: number
  readonly seed?: number
  readonly experiment?: Partial<ExperimentRecord>
}

const createdAt = '2026-11-22T06:00:00.000Z'

export function workJournal(truth: WorkTruth): Journal {
  return assembleJournal(workRecords(truth))
}

export function workRecords(truth: WorkTruth): JournalRecord[] {
  const { memoryMb, concurrency, rounds, work, seed = 1 } = truth
  const random = seededRandom(seed)
  const experiment: ExperimentRecord = {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id: 'work',
    createdAt,
    tool: { name: 'netfair', version: '0.1.0' },
    provider: { name: 'local', tier: 'privileged' },
    probe: { name: 'object-download', version: '1', params: { store: { store: 's3', bucket: 'data', endpoint: 'http://10.0.0.1:9000' } } },
    plan: { memoryMb, concurrency, direction: ['download'], repetitions: rounds, seed, work },
    environment: { vcpus: 2 },
    ...truth.experiment,
  }
  const records: JournalRecord[] = [experiment]
  let startAtMs = Date.parse(createdAt)
  for (const memory of memoryMb)
    for (const n of concurrency)
      for (let repetition = 0; repetition < rounds; repetition++) {
        const round: RoundRecord = {
          type: 'round',
          id: `${memory}-${n}-${repetition}`,
          direction: 'download',
          memoryMb: memory,
          concurrency: n,
          repetition,
          host: 'host-0',
          startAtMs,
          completed: true,
        }
        const samples = simulate(truth, round, random)
        startAtMs = samples.reduce((last, { endedAtMs }) => Math.max(last, endedAtMs), startAtMs) + 1000
        records.push(round, ...samples)
      }
  records.push({ type: 'end', completedAt: new Date(startAtMs).toISOString() })
  return records
}

interface Worker {
  /** Ends of gaps. */
  idleUntilMs: number
  /** Of the chunk under way; undefined while it has none. */
  chunk: { readonly id: number; readonly startMs: number; left: number } | undefined
  readonly chunks: Chunk[]
}

/** Steps from one event to the next: a chunk begins, a chunk ends. */
function simulate(truth: WorkTruth, round: RoundRecord, random: Random): CompletedSample[] {
  const { work, rate, cv = 0, cvChunk = 0, gapMs = 5, besideMs = 300 } = truth
  const { memoryMb = 0, concurrency, startAtMs = 0 } = round
  const pace = lognormal(random, cv)
  const workers = Array.from({ length: concurrency }, (): Worker => ({ idleUntilMs: gapMs, chunk: undefined, chunks: [] }))
  let next = 0
  let now = 0
  for (;;) {
    for (const worker of workers) {
      if (worker.chunk !== undefined || worker.idleUntilMs > now || next >= work.chunks) continue
      worker.chunk = { id: next++, startMs: now, left: work.chunkBytes * 8 * lognormal(random, cvChunk) }
    }
    const active = workers.flatMap(({ chunk }) => chunk ?? [])
    const waiting = workers.filter(({ chunk, idleUntilMs }) => chunk === undefined && idleUntilMs > now && next < work.chunks)
    if (active.length === 0 && waiting.length === 0) break
    const perMs = (pace * rate(memoryMb, active.length)) / 1000
    const untilEnd = Math.min(...active.map(({ left }) => left / perMs))
    const stepMs = Math.min(untilEnd, ...waiting.map(({ idleUntilMs }) => idleUntilMs - now))
    now += stepMs
    for (const chunk of active)
      chunk.left = stepMs === untilEnd && chunk.left / perMs <= stepMs * (1 + 1e-12) ? 0 : chunk.left - stepMs * perMs
    for (const worker of workers) {
      const { chunk } = worker
      if (chunk === undefined || chunk.left > 0) continue
      worker.chunks.push({
        id: String(chunk.id),
        startMs: startAtMs + chunk.startMs,
        endMs: startAtMs + now,
        bytes: work.chunkBytes,
        ok: true,
      })
      worker.chunk = undefined
      worker.idleUntilMs = now + gapMs + (work.mode === 'pull' ? 0 : besideMs)
    }
  }
  const dealt = work.mode === 'pull' ? workers.map(({ chunks }) => chunks) : workers.flatMap(({ chunks }) => chunks.map((chunk) => [chunk]))
  return dealt.map((chunks, invocation): CompletedSample => {
    const startedAtMs = chunks[0]?.startMs ?? startAtMs
    const endedAtMs = chunks.at(-1)?.endMs ?? startAtMs
    const busyMs = chunks.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
    return {
      type: 'sample',
      round: round.id,
      invocation,
      direction: 'download',
      outcome: 'completed',
      instance: `${round.id}/${invocation}`,
      startedAtMs,
      endedAtMs,
      bytes: chunks.length * work.chunkBytes,
      chunks,
      values: { requests: chunks.length },
      durationMs: busyMs + besideMs * lognormal(random, 0.1),
      clockUncertaintyMs: 0.1,
    }
  })
}
