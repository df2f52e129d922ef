import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { ascending, median } from '../../../src/analysis/quantile.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { ReportCell, ReportInterval } from '../../../src/model/report.ts'
import { type Noise, noisyRound } from '../noise.ts'
import type { Figure, Row } from './figure.ts'
import { simulatedJournal } from './simulated-journal.ts'

const levels = [1, 2, 8, 26]

/** What the medians of the report would be after very many rounds. */
function limits(n: number, noise: Noise, random: Random): { readonly aggregate: number; readonly perFunction: number } {
  const rounds = Array.from({ length: 10_000 }, () => noisyRound(1, n, noise, random))
  const sums = rounds.map((rates) => rates.reduce((sum, rate) => sum + rate, 0))
  return { aggregate: median(ascending(sums)) as number, perFunction: median(ascending(rounds.flat())) as number }
}

interface Interval {
  readonly printed: ReportInterval | null
  readonly truth: number
}

function covered(what: string, intervals: readonly Interval[]): Figure {
  const printed = intervals.filter((interval): interval is Interval & { printed: ReportInterval } => interval.printed !== null)
  const hits = printed.filter(({ printed: { low, high }, truth }) => low <= truth && truth <= high).length
  // Order statistics promise 95 % whatever the distribution.
  const exact = printed[0]?.printed.method === 'order-statistic'
  return { what, hits, of: printed.length, bound: 'at least', gate: exact ? 0.95 : 0.93, goal: 0.95 }
}

function cells(n: number, noise: Noise, count: number, random: Random): readonly ReportCell[] {
  return Array.from({ length: count }, () => {
    const journal = simulatedJournal({ concurrency: [n], rounds: noise.rounds, rates: () => noisyRound(1, n, noise, random) })
    return analyzeJournal(journal, { fairnessResamples: 1, persistenceResamples: 1 }).cells[0] as ReportCell
  })
}

function row(rounds: number): Row {
  return {
    name: `intervals, ${rounds} rounds, cv 20 and 40 %, n = ${levels.join(', ')}`,
    figures: (dataSets, seed) => {
      const random = seededRandom(seed)
      const aggregate: Interval[] = []
      const perFunction: Interval[] = []
      for (const cv of [0.2, 0.4]) {
        for (const n of levels) {
          const truth = limits(n, { rounds, cv }, random)
          for (const cell of cells(n, { rounds, cv }, dataSets, random)) {
            aggregate.push({ printed: cell.aggregate.interval, truth: truth.aggregate })
            perFunction.push({ printed: cell.perFunction.interval, truth: truth.perFunction })
          }
        }
      }
      return [covered('aggregate: interval covers', aggregate), covered('per function: interval covers', perFunction)]
    },
  }
}

export const coverageRows: readonly Row[] = [3, 4, 5, 6, 10, 30].map(row)
