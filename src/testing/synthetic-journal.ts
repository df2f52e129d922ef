import { type Random, seededRandom } from '../analysis/seeded-random.ts'
import { assembleJournal } from '../journal/assemble.ts'
import type { Journal } from '../model/journal.ts'
import type { Direction, ExperimentRecord, JournalRecord, RoundRecord, Sample } from '../model/journal-record.ts'
import { checkOptions } from '../model/options.ts'
import { lognormal } from './noise.ts'
import { type Synthetic, type SyntheticOptions, syntheticSchema } from './synthetic-options.ts'
import { failedSample, type Invocation, syntheticSample } from './synthetic-sample.ts'
import { trueRate } from './truth.ts'

/**
 * A journal of an experiment that never ran, whose truth is known: to test one's own suite with, without a network.
 *
 * Rates: the truth, times a factor a host, a round and a function (lognormal, independent; mean of logarithms 0), times its share.
 * Deterministic: the same options give the same journal, on any machine. `analyze` takes it; {@link journalText} writes it out.
 *
 * @example
 * const report = await analyze(syntheticJournal({ truth: 'capped', knee: 4, cv: 0.2, rounds: 10, seed: 7 }))
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION` (with the nearest known key)
 */
export function syntheticJournal(options: SyntheticOptions = {}): Journal {
  const synthetic = checkOptions<Synthetic>('syntheticJournal()', options, syntheticSchema)
  return assembleJournal(records(synthetic))
}

// Any time will do; this one is inside the project's history.
const firstStartMs = Date.UTC(2026, 10, 22, 6)

function records(options: Synthetic): readonly JournalRecord[] {
  const random = seededRandom(options.seed)
  const hosts = Array.from({ length: options.hosts }, () => lognormal(random, options.hostCv))
  const cells = options.memoryMb.flatMap((memoryMb) => options.concurrency.map((concurrency) => ({ memoryMb, concurrency })))
  const rounds = cells.flatMap((cell) => Array.from({ length: options.rounds }, (_, repetition) => ({ ...cell, repetition })))
  const gapMs = Math.ceil(options.seconds * 1000 + options.startJitterMs) + 1000
  const measured = rounds.flatMap(({ memoryMb, concurrency, repetition }, index): readonly JournalRecord[] => {
    const round: RoundRecord = {
      type: 'round',
      id: `${memoryMb}MB-n${concurrency}-${options.direction}-r${repetition}`,
      direction: options.direction,
      memoryMb,
      concurrency,
      repetition,
      host: `host-${repetition % options.hosts}`,
      startAtMs: firstStartMs + index * gapMs,
      targets: [{ cpuBusy: options.targetBusy / 2, busiestThread: options.targetBusy }],
      hostIdle: 0.6,
      completed: true,
    }
    return [round, ...samples(round, hosts[repetition % options.hosts] ?? 1, options, random)]
  })
  const completedAt = new Date(firstStartMs + rounds.length * gapMs).toISOString()
  return [experiment(options), ...measured, { type: 'end', completedAt, rounds: rounds.length }]
}

function experiment(options: Synthetic): ExperimentRecord {
  const { id, seed, provider, seconds, memoryMb, concurrency, direction, rounds, warmUpMs, priceBook, quote } = options
  return {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id: id ?? `synthetic-${seed}`,
    createdAt: new Date(firstStartMs).toISOString(),
    tool: { name: 'netfair/testing', version: '1' },
    provider,
    probe: { name: 'synthetic', version: '1', params: { seconds } },
    plan: { memoryMb, concurrency, direction: [direction], repetitions: rounds, seed, warmUpMs },
    ...(priceBook !== undefined && { priceBook }),
    ...(quote !== undefined && { quote }),
  }
}

function samples(round: RoundRecord, hostFactor: number, options: Synthetic, random: Random): readonly Sample[] {
  const directions: readonly Direction[] = round.direction === 'both' ? ['download', 'upload'] : [round.direction]
  const { id, host = '', startAtMs = 0, concurrency, memoryMb = 0 } = round
  const largestMemoryMb = Math.max(...options.memoryMb)
  return directions.flatMap((direction) => {
    const rate = trueRate({ ...options, exponent: options.exponent }, concurrency, memoryMb, largestMemoryMb)
    const centre = rate * hostFactor * roundFactor(options, random)
    return shares(concurrency, options, random).map((share, invocation): Sample => {
      const startedAtMs = startAtMs + options.startJitterMs * random()
      const bitsPerSecond = centre * share * lognormal(random, options.cvWithin)
      const at: Invocation = { round: id, invocation, direction, host, startedAtMs, bitsPerSecond }
      return fails(concurrency, options, random) ? failedSample(at) : syntheticSample(at, options)
    })
  })
}

function roundFactor({ cv, contamination }: Synthetic, random: Random): number {
  return lognormal(random, cv) * (random() < contamination ? 0.3 + 0.4 * random() : 1)
}

/** With mean 1, before the starved function loses its own. */
function shares(n: number, { shares: lasting = [1], unequal, starved }: Synthetic, random: Random): readonly number[] {
  const weights = Array.from({ length: n }, (_, index) => (lasting[index % lasting.length] ?? 1) * lognormal(random, unequal))
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / n
  return weights.map((weight, index) => (weight / mean) * (index === starved?.invocation ? (starved.share ?? 0.1) : 1))
}

function fails(concurrency: number, { failures }: Synthetic, random: Random): boolean {
  const drawn = random()
  if (failures === undefined || failures.concurrency?.includes(concurrency) === false) return false
  return drawn < failures.share
}
