import { expect, test } from 'vitest'
import { commonSeries } from '../../src/analysis/common-series.ts'
import type { CompletedSample, Interval } from '../../src/model/journal-record.ts'

const sample = (intervals: readonly Interval[]): CompletedSample => ({
  type: 'sample',
  round: 'a',
  invocation: 0,
  outcome: 'completed',
  instance: 'i',
  startedAtMs: intervals[0]?.[0] ?? 0,
  endedAtMs: intervals.at(-1)?.[1] ?? 0,
  intervals,
})
const series = (fromMs: number, lengthMs: number, bytes: readonly number[]): readonly Interval[] =>
  bytes.map((moved, index) => [fromMs + index * lengthMs, fromMs + (index + 1) * lengthMs, moved])

test('intervals of the same phase are added as they are', () => {
  const both = commonSeries([sample(series(0, 100, [1, 2, 3])), sample(series(0, 100, [10, 20, 30]))])
  expect(both).toMatchObject({ startMs: 0, stepMs: 100, before: { bytes: 0, ms: 0 } })
  expect([...(both?.bytes ?? [])]).toEqual([11, 22, 33])
})

test('of another phase they are shared out in proportion; what came before all were active is told apart', () => {
  const both = commonSeries([sample(series(0, 100, [8, 8, 8, 8])), sample(series(150, 100, [40, 80, 120]))])
  expect(both).toMatchObject({ startMs: 150, stepMs: 100, before: { bytes: 12, ms: 150 } })
  expect([...(both?.bytes ?? [])]).toEqual([48, 88])
})

test('steps are as long as the longest intervals, and no more than a thousand', () => {
  const mixed = commonSeries([sample(series(0, 50, [1, 1, 1, 1, 1, 1, 1, 1])), sample(series(0, 200, [10, 20]))])
  expect([mixed?.stepMs, ...(mixed?.bytes ?? [])]).toEqual([200, 14, 24])
  const long = commonSeries([
    sample(
      series(
        0,
        10,
        Array.from({ length: 5000 }, () => 1),
      ),
    ),
  ])
  expect([long?.stepMs, long?.bytes.length, long?.bytes.at(500)]).toEqual([50, 1000, 5])
})

test('how times were rounded takes no step away', () => {
  const origin = 1_763_800_000_000
  for (const phase of [0.1, 0.2, 1 / 3, 0.7, 0.9]) {
    // The mean interval of the first is a little longer, as times of this size are known to 0.0002 ms.
    const both = [0.0003, 0].map((stretch) =>
      sample(
        series(
          origin + phase,
          100.1 + stretch / 30,
          Array.from({ length: 30 }, () => 1),
        ),
      ),
    )
    expect(commonSeries(both)?.bytes).toHaveLength(30)
  }
})

test('without the series of one function there is none', () => {
  const { intervals: _, ...plain } = sample(series(0, 100, [1, 1]))
  expect(commonSeries([sample(series(0, 100, [1, 2])), plain])).toBeUndefined()
  expect(commonSeries([sample([[5, 5, 1]])])).toBeUndefined()
})
