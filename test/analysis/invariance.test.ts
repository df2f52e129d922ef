import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom, shuffled } from '../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import type { Report } from '../../src/model/report.ts'
import { hostileRecords, later } from './hostile-journal.ts'
import { failedSample, ladderJournal, ladderRecords } from './ladder.ts'
import { lognormal } from './noise.ts'

const options = { resamples: 50, fairnessResamples: 50 }
const shape = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  cv: fc.constantFrom(0.001, 0.05, 0.3),
  exponent: fc.constantFrom(0, 0.5, 1, 1.4),
  rounds: fc.integer({ min: 1, max: 7 }),
  failures: fc.constantFrom(0, 0.02),
})
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never

const ladder = ({ seed, cv, exponent, rounds, failures }: Shape, factor = 1) => {
  const random = seededRandom(seed)
  return {
    rounds,
    rate: ({ n }: { n: number }) => factor * 50e6 * n ** -exponent * lognormal(random, cv),
    sample: (sample: Parameters<typeof failedSample>[0]) => (random() < failures ? failedSample(sample) : sample),
  }
}
const report = (records: readonly JournalRecord[]): string => JSON.stringify(analyzeJournal(assembleJournal(records), options))

test('neither the order of lines nor their repetition changes a byte of the report', () => {
  fc.assert(
    fc.property(shape, fc.integer(), (of, seed) => {
      const records = ladderRecords(ladder(of))
      const mixed = shuffled([...records, ...records.filter((_, index) => index % 3 === 0)], seededRandom(seed))
      expect(report(mixed)).toBe(report(records))
    }),
    { numRuns: 12 },
  )
})

const hostility = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  cv: fc.constantFrom(0.01, 0.2),
  exponent: fc.constantFrom(0, 1, 1.3),
  rounds: fc.integer({ min: 3, max: 6 }),
  burst: fc.boolean(),
})

test('nor do they in a journal in which everything is odd', () => {
  fc.assert(
    fc.property(hostility, fc.integer(), (of, seed) => {
      const records = hostileRecords(of, seededRandom(of.seed))
      const mixed = shuffled([...records, ...records], seededRandom(seed))
      expect(report(mixed)).toBe(report(records))
    }),
    { numRuns: 10 },
  )
})

test('an origin of time that is whole milliseconds later changes no figure by more than 1e-6', () => {
  fc.assert(
    fc.property(hostility, fc.integer({ min: -1e11, max: 1e11 }), (of, byMs) => {
      const records = hostileRecords(of, seededRandom(of.seed))
      const [one, other] = [records, later(records, byMs)].map((each) => figuresOf(JSON.parse(report(each)) as object))
      expect(other?.map(([path]) => path)).toEqual(one?.map(([path]) => path))
      for (const [index, [path, value]] of (one ?? []).entries()) {
        const moved = other?.[index]?.[1]
        // Messages quote figures, which may be rounded to another last digit.
        if (typeof value !== 'number')
          expect([path, String(moved).replace(/[\d.]+/g, '#')]).toEqual([path, String(value).replace(/[\d.]+/g, '#')])
        else expect(Math.abs((moved as number) - value), path).toBeLessThanOrEqual(1e-6 * Math.max(1e-6, Math.abs(value)))
      }
    }),
    { numRuns: 15 },
  )
})

/** Everything in a report that is no object, with its path. */
function figuresOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => figuresOf(inner, `${path}/${key}`))
}

test('the unit of rates changes no verdict', () => {
  fc.assert(
    fc.property(shape, fc.constantFrom(2 ** 4, 2 ** -3), (of, factor) => {
      const [one, other] = [1, factor].map((each) => analyzeJournal(ladderJournal(ladder(of, each)), options)) as [Report, Report]
      const verdicts = ({ sharing, memory, fairness }: Report) =>
        [sharing, memory, fairness].map((findings) => findings.map(({ verdict }) => verdict))
      expect(verdicts(other)).toEqual(verdicts(one))
      for (const [index, cell] of one.cells.entries()) {
        const rate = cell.aggregate.medianBitsPerSecond
        if (rate !== null) expect((other.cells[index]?.aggregate.medianBitsPerSecond ?? 0) / rate / factor).toBeCloseTo(1, 3)
      }
    }),
    { numRuns: 12, seed: 20261122 },
  )
})

test('a report is JSON: every key is there, and every number is finite', () => {
  fc.assert(
    fc.property(shape, (of) => {
      const plain = analyzeJournal(ladderJournal(ladder(of)), options)
      expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
      const [cell] = plain.cells
      expect(Object.keys(plain)).toEqual(
        ['schema', 'experiment', 'cells', 'sharing', 'memory', 'fairness', 'aggressor', 'colocation', 'cost', 'costMap', 'excluded', 'warnings'],
      ) // biome-ignore format: as in the design
      expect(cell).toMatchObject({ burst: null, latency: null, fairness: null })
    }),
    { numRuns: 12 },
  )
})

test('a round in both directions is two cells, kept apart from one direction alone', () => {
  const alone = ladderRecords({ concurrency: [2], rounds: 3, rate: () => 10e6 })
  const both = ladderRecords({ concurrency: [2], rounds: 3, rate: () => 10e6 })
    .filter((record) => record.type === 'round' || record.type === 'sample')
    .flatMap((record): JournalRecord[] => {
      if (record.type === 'round') return [{ ...record, id: `both-${record.id}`, direction: 'both' }]
      const sample = { ...record, round: `both-${record.round}` }
      return [sample, { ...sample, direction: 'upload' }]
    })
  const { cells } = analyzeJournal(assembleJournal([...alone, ...both]))
  expect(cells.map(({ direction, factors, roundsUsed }) => [direction, factors, roundsUsed])).toEqual([
    ['download', { bidirectional: true }, 3],
    ['download', {}, 3],
    ['upload', { bidirectional: true }, 3],
  ])
  const only = analyzeJournal(assembleJournal([...alone.filter(({ type }) => type !== 'round' && type !== 'sample'), ...both]))
  expect(only.cells.map(({ direction, factors }) => [direction, factors])).toEqual([['download', {}], ['upload', {}]]) // biome-ignore format: a table
})
