import type { Journal } from '../../../src/model/journal.ts'
import type { CompletedSample, Interval, RoundRecord } from '../../../src/model/journal-record.ts'
import { startAtMs } from '../ladder.ts'

export interface Place {
  readonly n: number
  readonly memoryMb: number
  readonly repetition: number
}

/** An experiment of which only the rates are of interest. */
export interface Simulation {
  readonly concurrency: readonly number[]
  readonly memoryMb?: readonly number[]
  readonly rounds: number
  /** Bits per second of the n functions of a round; drawn in order of memory, concurrency, repetition. */
  readonly rates: (place: Place) => readonly number[]
  /** Names the host of a round. */
  readonly host?: (place: Place) => string
  /** Series of one function at this rate; without it a sample tells only its bytes over one second. */
  readonly series?: (bitsPerSecond: number, place: Place) => readonly Interval[]
}

export function simulatedJournal(simulation: Simulation): Journal {
  const { concurrency, memoryMb = [2048], rounds: repetitions } = simulation
  const rounds: RoundRecord[] = []
  const samples: CompletedSample[] = []
  for (const memory of memoryMb) {
    for (const n of concurrency) {
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const place = { n, memoryMb: memory, repetition }
        const round = roundRecord(place, simulation.host?.(place))
        rounds.push(round)
        samples.push(
          ...simulation.rates(place).map((rate, invocation) => sampleOf(round.id, invocation, rate, simulation.series?.(rate, place))),
        )
      }
    }
  }
  return {
    experiment: {
      type: 'experiment',
      schema: 'netfair.journal/1',
      id: 'simulated',
      createdAt: '2026-11-22T06:00:00Z',
      tool: { name: 'netfair', version: '0.1.0' },
      provider: { name: 'local', tier: 'privileged' },
      probe: { name: 'iperf3', version: '1' },
      plan: { memoryMb, concurrency, repetitions, seed: 1 },
    },
    rounds,
    samples,
    excluded: [],
    warnings: [],
  }
}

function roundRecord({ n, memoryMb, repetition }: Place, host: string | undefined): RoundRecord {
  return {
    type: 'round',
    id: `m${memoryMb}-n${n}-r${repetition}`,
    direction: 'download',
    memoryMb,
    concurrency: n,
    repetition,
    completed: true,
    ...(host !== undefined && { host }),
  }
}

function sampleOf(round: string, invocation: number, bitsPerSecond: number, intervals: readonly Interval[] | undefined): CompletedSample {
  const bytes = intervals?.reduce((sum, [, , moved]) => sum + moved, 0) ?? bitsPerSecond / 8
  return {
    type: 'sample',
    round,
    invocation,
    outcome: 'completed',
    instance: `instance-${invocation}`,
    startedAtMs: startAtMs,
    endedAtMs: intervals?.at(-1)?.[1] ?? startAtMs + 1000,
    bytes,
    ...(intervals !== undefined && { intervals }),
  }
}
