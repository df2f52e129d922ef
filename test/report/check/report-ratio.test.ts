import { expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { medianInterval } from '../../../src/analysis/median-interval.ts'
import { ascending, median } from '../../../src/analysis/quantile.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { Report } from '../../../src/model/report.ts'
import { compareReports } from '../../../src/report/check/report-ratio.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'
import { lognormal, slowRound } from '../../analysis/noise.ts'

const template = analyzeJournal(syntheticJournal({ concurrency: [4], cv: 0 }))

function reportOf(rates: readonly number[]): Report {
  const aggregate = { medianBitsPerSecond: median(ascending(rates)), interval: medianInterval(rates) }
  return { ...template, cells: template.cells.map((cell) => ({ ...cell, aggregate })) }
}

test.each([
  { rounds: [3, 3], cv: [0.2, 0.2], contamination: 0 },
  { rounds: [5, 5], cv: [0.4, 0.1], contamination: 0.05 },
  { rounds: [6, 6], cv: [0.2, 0.2], contamination: 0.05 },
  { rounds: [3, 10], cv: [0.2, 0.2], contamination: 0 },
  { rounds: [3, 30], cv: [0.2, 0.1], contamination: 0 },
  { rounds: [12, 12], cv: [0.4, 0.4], contamination: 0.05 },
  { rounds: [30, 30], cv: [0.2, 0.2], contamination: 0 },
] as const)(
  'the interval of the ratio covers it: $rounds rounds, cv $cv, contamination $contamination',
  ({ rounds, cv, contamination }) => {
    const random = seededRandom(31 * rounds[1])
    const sets = 2000
    const truth = 1.25
    let covered = 0
    for (let set = 0; set < sets; set++) {
      const side = (index: 0 | 1, centre: number): Report =>
        reportOf(Array.from({ length: rounds[index] }, () => centre * lognormal(random, cv[index]) * slowRound(contamination, random)))
      const interval = compareReports(side(0, 1), side(1, truth))[0]?.interval
      if (interval && interval.low <= truth && truth <= interval.high) covered++
    }
    expect(covered / sets).toBeGreaterThanOrEqual(0.93)
  },
)

test('a noisy report against itself is not worse', () => {
  const report = reportOf([20e6, 35e6, 50e6, 61e6, 70e6, 90e6])
  expect(compareReports(report, report)).toMatchObject([{ ratio: 1, interval: { low: 1, high: 1 } }])
})
