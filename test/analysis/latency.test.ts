import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { CompletedSample } from '../../src/model/journal-record.ts'
import type { Report } from '../../src/model/report.ts'
import { renderReport } from '../../src/report/table.ts'
import { failedSample, type Ladder, ladderJournal, type Place } from './ladder.ts'

type Values = Readonly<Record<string, number>>

const report = (values: (at: Place) => Values, more: Partial<Ladder> = {}): Report => {
  const sample: Ladder['sample'] = (one, at) => ({ ...one, values: values(at) })
  return analyzeJournal(ladderJournal({ rate: ({ n }) => 100e6 / n, concurrency: [1, 4], rounds: 3, sample, ...more }))
}
const latencies = ({ cells }: Report): unknown[] => cells.map(({ latency }) => latency)
const withoutBytes = ({ bytes: _, intervals: __, ...sample }: CompletedSample): CompletedSample => sample

describe('latency of a cell', () => {
  test('is the median over functions and rounds, its 95 % quantile likewise, and the idle round trip beside it', () => {
    const of = report(({ n, repetition, invocation }) => ({
      rttMs: 10 * n + repetition + invocation / 10,
      rttP95Ms: 20 * n + repetition,
      idleRttMs: 0.5,
      pings: 90,
      pingsLost: 0,
    }))
    expect(latencies(of)).toEqual([
      { medianMs: 11, p95Ms: 21, idleMs: 0.5 },
      { medianMs: expect.closeTo(41.15), p95Ms: 81, idleMs: 0.5 },
    ])
    const text = renderReport(of)
    expect(text).toMatch(/│ RTT ms │ RTT p95 │ bufferbloat ms │/)
    expect(text).toMatch(/│ +11\.0 │ +21\.0 │ +10\.5 │/)
  })

  test('of another tool, which tells one figure a sample: the 95 % quantile is over samples', () => {
    const of = report(({ repetition }) => ({ rttMs: repetition }))
    expect(latencies(of)[0]).toEqual({ medianMs: 1, p95Ms: 1.9 })
    expect(renderReport(of)).not.toContain('bufferbloat')
  })

  test('is null, and has no column, where nobody measured it', () => {
    const of = report(() => ({ retransmits: 3 }))
    expect(latencies(of)).toEqual([null, null])
    expect(renderReport(of)).not.toContain('RTT')
  })

  test('is not shortened by pings that were never answered', () => {
    const lost = { rttMinMs: 1, pings: 90, pingsLost: 60 }
    const fine = { rttMs: 10, rttP95Ms: 12, pings: 90, pingsLost: 0 }
    const some = { rttMs: 10, pings: 90, pingsLost: 9 }
    expect(latencies(report(({ repetition }) => (repetition === 0 ? lost : fine)))[0]).toEqual({ medianMs: 10, p95Ms: 12 })
    expect(latencies(report(({ repetition }) => (repetition === 0 ? fine : lost)))).toEqual([null, null])
    expect(latencies(report(({ repetition }) => (repetition === 0 ? fine : some)))[0]).toEqual({ medianMs: 10, p95Ms: null })
    expect(latencies(report(() => some))[0]).toEqual({ medianMs: 10, p95Ms: null })
  })

  test('leaves out rounds that take no part', () => {
    const sample: Ladder['sample'] = (one, { repetition, invocation }) => {
      if (repetition === 0 && invocation === 0) return failedSample(one)
      return { ...one, values: { rttMs: repetition === 0 ? 1000 : 10 } }
    }
    expect(latencies(report(() => ({}), { sample }))).toEqual(Array(2).fill({ medianMs: 10, p95Ms: 10 }))
  })
})

test('an idle path: round trips without bytes; rates are unknown, not 0, and no verdict is given', () => {
  const of = report(() => ({}), {
    concurrency: [1, 2, 4, 8],
    sample: (one) => ({ ...withoutBytes(one), values: { rttMs: 2, rttP95Ms: 3, pings: 90, pingsLost: 0 } }),
  })
  for (const cell of of.cells) {
    expect(cell).toMatchObject({ latency: { medianMs: 2, p95Ms: 3 }, failed: 0, rounds: 3, roundsUsed: 0, bottleneck: 'unknown' })
    expect(cell.perFunction.medianBitsPerSecond).toBeNull()
    expect(cell.aggregate.medianBitsPerSecond).toBeNull()
    expect(cell.cpuSecondsPerGB).toBeNull()
    expect(cell.overlap).toBe(1)
  }
  const findings = [...of.sharing, ...of.fairness, ...of.memory]
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']))
  expect(of.sharing[0]?.reasons).toContainEqual({ code: 'no-bytes', message: expect.stringContaining('no bytes were counted') })
  expect(of.excluded).toHaveLength(12)
  expect(of.excluded[0]).toMatchObject({ code: 'no-bytes', message: expect.stringContaining('bytes of a function are not known') })
})

test('a load that moved nothing is no load: its round trips do not count', () => {
  const still: Ladder['sample'] = (one) => ({ ...one, bytes: 0, intervals: [], values: { rttMs: 2 } })
  expect(latencies(report(() => ({}), { sample: still }))).toEqual([null, null])
})
