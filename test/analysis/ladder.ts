import { assembleJournal } from '../../src/journal/assemble.ts'
import type { Journal } from '../../src/model/journal.ts'
import type {
  CompletedSample,
  ExperimentRecord,
  FailedSample,
  Interval,
  JournalRecord,
  RoundRecord,
  Sample,
} from '../../src/model/journal-record.ts'

/** A synthetic experiment: rates are chosen, everything else follows. */
export interface Ladder {
  readonly concurrency?: readonly number[]
  readonly memoryMb?: readonly number[]
  readonly rounds?: number
  /** Bits per second of one function in one round. */
  readonly rate: (at: Place) => number
  /** Changes a completed sample, or replaces it. */
  readonly sample?: (sample: CompletedSample, at: Place) => Sample
  readonly round?: (round: RoundRecord, at: Omit<Place, 'invocation'>) => RoundRecord
  readonly experiment?: (experiment: ExperimentRecord) => ExperimentRecord
  readonly warmUpMs?: number
}

export interface Place {
  readonly n: number
  readonly memoryMb: number
  readonly repetition: number
  readonly invocation: number
}

export const startAtMs = 1_763_800_000_000
const intervalMs = 100
const intervals = 12

export function ladderJournal(ladder: Ladder): Journal {
  return assembleJournal(ladderRecords(ladder))
}

export function ladderRecords(ladder: Ladder): JournalRecord[] {
  const { concurrency = [1, 2, 4, 8, 16, 26], memoryMb = [2048], rounds = 6, warmUpMs = 200 } = ladder
  const experiment: ExperimentRecord = {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id: 'ladder',
    createdAt: '2026-11-22T06:00:00Z',
    tool: { name: 'netfair', version: '0.1.0' },
    provider: { name: 'local', tier: 'privileged' },
    probe: { name: 'iperf3', version: '1', params: { seconds: 1 } },
    plan: { memoryMb, concurrency, repetitions: rounds, seed: 1, warmUpMs },
    environment: { vcpus: 2 },
  }
  const records: JournalRecord[] = [ladder.experiment?.(experiment) ?? experiment]
  for (const memory of memoryMb) {
    for (const n of concurrency) {
      for (let repetition = 0; repetition < rounds; repetition++) records.push(...roundRecords(ladder, { n, memoryMb: memory, repetition }))
    }
  }
  return [...records, { type: 'end', completedAt: '2026-11-22T06:10:00Z' }]
}

function roundRecords(ladder: Ladder, at: Omit<Place, 'invocation'>): JournalRecord[] {
  const { n, memoryMb, repetition } = at
  const plain: RoundRecord = {
    type: 'round',
    id: `m${memoryMb}-n${n}-r${repetition}`,
    direction: 'download',
    memoryMb,
    concurrency: n,
    repetition,
    completed: true,
    hostIdle: 0.6,
    targets: [{ cpuBusy: 0.2, busiestThread: 0.3 }],
  }
  const round = ladder.round?.(plain, at) ?? plain
  const { completed: _, hostIdle: __, targets: ___, ...opening } = round
  const samples = Array.from({ length: n }, (_, invocation) => {
    const place = { ...at, invocation }
    const sample = completedSample(round.id, invocation, ladder.rate(place))
    return ladder.sample?.(sample, place) ?? sample
  })
  return [opening, ...samples, round]
}

function completedSample(round: string, invocation: number, bitsPerSecond: number): CompletedSample {
  const series: Interval[] = []
  let bytes = 0
  for (let index = 0; index < intervals; index++) {
    // Slow start: the first interval moves half.
    const moved = Math.round(((bitsPerSecond / 8) * (intervalMs / 1000)) / (index === 0 ? 2 : 1))
    series.push([startAtMs + index * intervalMs, startAtMs + (index + 1) * intervalMs, moved])
    bytes += moved
  }
  return {
    type: 'sample',
    round,
    invocation,
    outcome: 'completed',
    instance: `instance-${invocation}`,
    direction: 'download',
    startedAtMs: startAtMs,
    endedAtMs: startAtMs + intervals * intervalMs,
    bytes,
    intervals: series,
    throttled: 0,
    clockUncertaintyMs: 0.1,
  }
}

export function failedSample({ round, invocation, direction }: CompletedSample, outcome: 'failed' | 'not-run' = 'failed'): FailedSample {
  return {
    type: 'sample',
    round,
    invocation,
    outcome,
    error: { code: 'AGENT_DIED', message: 'killed' },
    ...(direction !== undefined && { direction }),
  }
}
