import { type SharingUnit, victimShare } from '../../src/analysis/aggressor-model.ts'
import type { Random } from '../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import { startAtMs } from './ladder.ts'
import { normal, slowRound } from './noise.ts'

/** A synthetic aggressor experiment; 5 % of the rounds are 0.3 to 0.7 times as fast. */
export interface Synthetic {
  readonly rounds: number
  /** Of one function, half of its variance common to the round. */
  readonly cv: number
  /** A victim's rate ÷ its rate alone, beside so many neighbours of so many streams. */
  readonly share: (neighbours: number, streams: number) => number
  readonly victims?: number
  readonly ownStreams?: number
  readonly neighbours?: readonly number[]
  readonly streams?: readonly number[]
}

export const shareOf =
  (unit: SharingUnit, { victims = 1, ownStreams = 1, headroom = 1 } = {}) =>
  (neighbours: number, streams: number): number =>
    victimShare(unit, { victims, ownStreams, neighbours, streams }, headroom)

export function aggressorJournal(synthetic: Synthetic, random: Random): Journal {
  const { rounds, cv, share, victims = 1, ownStreams = 1, neighbours = [0, 1, 3, 7], streams = [1, 8] } = synthetic
  const deviation = Math.sqrt(Math.log(1 + cv * cv) / 2)
  const records: JournalRecord[] = [
    {
      type: 'experiment',
      schema: 'netfair.journal/1',
      id: 'aggressor',
      createdAt: '2026-11-22T06:00:00Z',
      tool: { name: 'netfair', version: '0.1.0' },
      provider: { name: 'local', tier: 'privileged' },
      probe: { name: 'iperf3', version: '1', params: { seconds: 1, parallel: ownStreams } },
      plan: { memoryMb: [2048], concurrency: neighbours.map((count) => victims + count), repetitions: rounds, seed: 1, warmUpMs: 0 },
    },
  ]
  for (const count of neighbours) {
    for (const level of count === 0 ? [undefined] : streams) {
      for (let repetition = 0; repetition < rounds; repetition++) {
        const id = `k${count}-s${level}-r${repetition}`
        const concurrency = victims + count
        const factors = { neighbours: count, ...(level !== undefined && { streams: level }) }
        records.push({ type: 'round', id, direction: 'download', memoryMb: 2048, concurrency, repetition, factors, completed: true })
        const common = deviation * normal(random) + Math.log(slowRound(0.05, random))
        for (let invocation = 0; invocation < concurrency; invocation++) {
          const isVictim = invocation < victims
          const rate = 50e6 * (isVictim ? share(count, level ?? 1) : 1) * Math.exp(common + deviation * normal(random))
          records.push({
            type: 'sample',
            round: id,
            invocation,
            role: isVictim ? 'victim' : 'neighbour',
            outcome: 'completed',
            instance: `instance-${invocation}`,
            direction: 'download',
            startedAtMs: startAtMs,
            endedAtMs: startAtMs + 1000,
            bytes: Math.round(rate / 8),
          })
        }
      }
    }
  }
  return assembleJournal([...records, { type: 'end', completedAt: '2026-11-22T06:10:00Z' }])
}
