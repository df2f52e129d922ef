import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Decomposition } from '../../src/model/report.ts'
import { describeDecompositions } from '../../src/report/decomposition.ts'
import { renderReport } from '../../src/report/table.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'
import { objectJournal } from './object-journal.ts'

/** One function for 2 s; a quota of 2 × 376 / 3008 = 0.25 CPU. */
const alone: SyntheticOptions = { memoryMb: [376], concurrency: [1], rounds: 6, bitsPerSecond: 10e6 }
const sums = { objectSumMs: 2000, connectSumMs: 100, tlsSumMs: 60, firstByteSumMs: 300, checksumSumMs: 50 }

function first(journal: Journal, network?: Journal): Decomposition {
  const [cell] = analyzeJournal(journal, network === undefined ? {} : { network }).cells
  if (cell?.decomposition === undefined) throw new Error('no decomposition')
  return cell.decomposition
}

describe('where the time of objects goes', () => {
  test('each part as a share of it; CPU time as long as it takes under the quota', () => {
    const { connection, tls, firstByte, transfer, checksum, client } = first(objectJournal(alone, { values: sums, cpuMs: 250 }))
    expect({ connection, tls, firstByte }).toEqual({ connection: 0.05, tls: 0.03, firstByte: 0.15 })
    expect(checksum).toBeCloseTo(50 / 0.25 / 2000)
    expect(client).toBeCloseTo(200 / 0.25 / 2000)
    expect(transfer).toBeCloseTo(0.3)
  })

  test('objects that are on their way at once all wait for the CPU', () => {
    const four = { objectSumMs: 8000, connectSumMs: 400, firstByteSumMs: 1200, checksumSumMs: 50 }
    const { checksum, client, transfer } = first(objectJournal(alone, { values: four, cpuMs: 250 }))
    expect(checksum).toBeCloseTo(0.1)
    expect(client).toBeCloseTo(0.4)
    expect(transfer).toBeCloseTo(0.3)
  })

  test('a quota that is not known is a whole core', () => {
    const journal = objectJournal({ ...alone, provider: { name: 'aws' } }, { values: sums, cpuMs: 250 })
    expect(first(journal).client).toBeCloseTo(0.1)
  })

  test('CPU time of more threads than the time had is all that is left', () => {
    const parts = first(objectJournal(alone, { values: sums, cpuMs: 900 }))
    expect(parts.transfer).toBe(0)
    expect((parts.checksum ?? 0) + parts.client).toBeCloseTo(0.8)
  })

  test('what the transport cannot tell is null', () => {
    const parts = first(objectJournal(alone, { values: { objectSumMs: 2000, firstByteSumMs: 300 }, cpuMs: 250 }))
    expect(parts).toMatchObject({ connection: null, tls: null, checksum: null })
    expect(parts.client).toBeCloseTo(0.5)
  })

  test.each([[{}], [{ objectSumMs: 0 }], [{ connectSumMs: 3 }]])('nothing of %j', (values) => {
    const { cells } = analyzeJournal(objectJournal(alone, { values, cpuMs: 250 }))
    expect(cells[0]).not.toHaveProperty('decomposition')
  })
})

describe('beside what the network alone gives', () => {
  // All of the time is CPU: 10 Mbit/s for 2 s are 2.5 MB, and 2 s of a quarter of a core.
  const bound = objectJournal(alone, { values: sums, cpuMs: 500 })
  const iperf3 = (more: SyntheticOptions = {}): Journal =>
    syntheticJournal({ memoryMb: [376], concurrency: [1, 2], rounds: 6, cv: 0.02, seed: 2, bitsPerSecond: 68e6, ...more })

  test('so many times more', () => {
    const report = analyzeJournal(bound, { network: iperf3() })
    const [cell] = report.cells
    expect(cell?.bottleneck).toBe('cpu')
    const { network } = cell?.decomposition ?? {}
    expect(network?.ratio).toBeCloseTo(6.8, 0)
    expect(network?.atLeast).toBe(false)
    expect(network?.ratio).toBe((network?.bitsPerSecond ?? 0) / (cell?.perFunction.medianBitsPerSecond ?? 0))
    expect(network?.interval?.low).toBeLessThan(network?.ratio ?? 0)
    expect(network?.interval?.high).toBeGreaterThan(network?.ratio ?? 0)
    expect(describeDecompositions(report)).toEqual([
      expect.stringMatching(
        /^download at 376 MB, n = 1: \d+ % the SDK, 15 % first byte, .*; 20\d\.\d CPU s per GB, so that the quota ends at \d+\.\d+ Mbit\/s\. CPU-bound in the SDK: the network would give 6\.\d\d × more\.$/,
      ),
    ])
    expect(renderReport(report)).toContain('Where the time goes')
  })

  const withheld: readonly (readonly [name: string, network: Journal | undefined, code: string])[] = [
    ['no journal', undefined, 'no-network'],
    ['none of this memory', iperf3({ memoryMb: [512] }), 'no-network'],
    ['none of this concurrency', iperf3({ concurrency: [2] }), 'no-network'],
    ['none of this direction', iperf3({ direction: 'upload' }), 'no-network'],
    ['every round failed', iperf3({ failures: { share: 1 } }), 'rounds'],
  ]
  test.each(withheld)('withheld: %s', (_, network, code) => {
    const { network: given, reasons } = first(bound, network)
    expect(given).toBeNull()
    expect(reasons).toMatchObject([{ code }])
    const said = describeDecompositions(analyzeJournal(bound, network === undefined ? {} : { network })).join()
    expect(said).toContain(`CPU-bound in the SDK. What the network would give is not known: `)
    expect(said).toContain(`[${code}]`)
  })

  test.each([
    ['its CPU', iperf3({ throttled: 0.8 }), 'cpu-bound'],
    ['the target', iperf3({ targetBusy: 0.95 }), 'target-saturated'],
  ])('a lower bound where %s held iperf3 back', (_, network, code) => {
    expect(first(bound, network)).toMatchObject({ network: { atLeast: true }, reasons: [{ code }] })
    expect(describeDecompositions(analyzeJournal(bound, { network })).join()).toMatch(/the network would give at least 6\.\d\d × more\.$/)
  })

  test('several cells of the same place: nobody knows which', () => {
    const journal = iperf3()
    const rounds = journal.rounds.map((round, index) => ({ ...round, factors: { parallel: index % 2 } }))
    expect(first(bound, { ...journal, rounds }).reasons).toMatchObject([{ code: 'no-network' }])
  })

  test('a cell that had CPU left is not called bound by it', () => {
    const free = objectJournal(alone, { values: sums, cpuMs: 25, transport: 'signed-url' })
    expect(describeDecompositions(analyzeJournal(free, { network: iperf3() })).join()).toMatch(
      /Held back by the network; the network alone gives 6\.\d\d × as much\.$/,
    )
  })
})
