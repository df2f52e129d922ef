import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import type { CostMapConfiguration, CostMapFinding } from '../../../src/model/cost-map.ts'
import type { DealingMode } from '../../../src/model/fixed-work.ts'
import { workJournal } from './work-journal.ts'

/** Shares of simulated journals, each of other noise and the same truth. */
export interface Calibration {
  /** Intervals of response time and of cost that hold the truth. */
  readonly response: number
  readonly cost: number
  /** The configuration that is truly cheapest (fastest) is the one that is named, or among those alike. */
  readonly cheapest: number
  readonly fastest: number
  /** Knees along concurrency: the interval holds the truth; the value is within 20 %. */
  readonly knee: number
  readonly kneeWithin20: number
}

/** Functions up to which each has its full rate. */
const knees: Readonly<Record<number, number>> = { 128: 9, 256: 4.5 }
const rate = (memoryMb: number, together: number): number => Math.min(memoryMb * 0.4e6, (128 * 0.4e6 * 9) / together)

/** @param cv - coefficient of variation between rounds */
export function calibrate(
  dataSets: number,
  { rounds, cv, mode, seed }: { rounds: number; cv: number; mode: DealingMode; seed: number },
): Calibration {
  const shape = { memoryMb: [128, 256], concurrency: [1, 2, 4, 8, 16, 32], work: { mode, chunks: 64, chunkBytes: 2e6 }, rate }
  const mapped = (options: { rounds: number; cv: number; seed: number }): CostMapFinding => {
    const quick = { resamples: 400, fairnessResamples: 1, persistenceResamples: 1, costMap: { priceAs: 'aws:us-east-1' } }
    return analyzeJournal(workJournal({ ...shape, ...options }), quick).costMap as CostMapFinding
  }
  const truth = mapped({ rounds: 1, cv: 0, seed: 1 })
  const hits = { response: 0, cost: 0, cheapest: 0, fastest: 0, knee: 0, kneeWithin20: 0 }
  for (let dataSet = 0; dataSet < dataSets; dataSet++) {
    const map = mapped({ rounds, cv, seed: seed + dataSet })
    for (const [index, cell] of map.cells.entries()) {
      const own = truth.cells[index]
      if (holds(cell.responseMs?.interval, own?.responseMs?.median)) hits.response += 1 / map.cells.length
      if (holds(cell.usd?.interval, own?.usd?.median)) hits.cost += 1 / map.cells.length
    }
    if (named(map.cheapest, truth.cheapest)) hits.cheapest++
    if (named(map.fastest, truth.fastest)) hits.fastest++
    const along = map.knee.filter(({ along }) => along === 'concurrency')
    for (const { memoryMb, value, low, high } of along) {
      const knee = knees[memoryMb ?? 0] ?? Number.NaN
      if (low !== null && high !== null && low <= knee && knee <= high) hits.knee += 1 / along.length
      if (value !== null && Math.abs(value / knee - 1) <= 0.2) hits.kneeWithin20 += 1 / along.length
    }
  }
  return Object.fromEntries(Object.entries(hits).map(([name, count]) => [name, count / dataSets])) as unknown as Calibration
}

const holds = (interval: { low: number; high: number } | null | undefined, truth = Number.NaN): boolean =>
  interval !== null && interval !== undefined && interval.low <= truth && truth <= interval.high

const same = (a: CostMapConfiguration, b: CostMapConfiguration | null): boolean =>
  a.memoryMb === b?.memoryMb && a.concurrency === b.concurrency

function named(choice: CostMapFinding['cheapest'], truth: CostMapConfiguration | null): boolean {
  return choice !== null && (same(choice, truth) || (choice.alike ?? []).some((each) => same(each, truth)))
}
