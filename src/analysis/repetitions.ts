import type { Journal } from '../model/journal.ts'
import type { Direction, Factors } from '../model/journal-record.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'
import type { Report, ReportInterval } from '../model/report.ts'
import { journalCells, usedRounds } from './cell.ts'
import { twoSidedQuantile } from './compare/student-t.ts'
import { halfWidth, scatterFactors, simulatedIntervals, simulations } from './simulated-runs.ts'
import { defaultThresholds } from './thresholds.ts'

export interface RepetitionOptions {
  /** Half-width of the 95 % interval of each cell's aggregate, relative to its median, 0–1 (not included): 0.05 = ± 5 %. */
  readonly relativeHalfWidth: number
  /** Probability with which so many rounds shall be enough, 0.05–0.99. Default 0.8. */
  readonly confidence?: number
}

/** How many rounds a target takes. */
export interface RepetitionPlan {
  /** For the cell that needs most: what to give as `repetitions`. Null where that of a cell is not known. */
  readonly repetitions: number | null
  readonly cells: readonly CellRepetitions[]
}

export interface CellRepetitions {
  readonly memoryMb: number | null
  readonly concurrency: number
  readonly direction: Direction
  readonly factors: Factors
  /** Used rounds of the pilot. */
  readonly pilotRounds: number
  /** In all, not on top of the pilot. At least 6; null below 3 rounds in the pilot, and where more than 2000 are needed. */
  readonly repetitions: number | null
}

const schema: OptionsSchema = {
  type: 'object',
  required: ['relativeHalfWidth'],
  properties: {
    relativeHalfWidth: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, description: '0–1: 0.05 = ± 5 %.' },
    confidence: { type: 'number', minimum: 0.05, maximum: 0.99, default: 0.8, description: '0.05–0.99; default 0.8.' },
  },
  additionalProperties: false,
}

/**
 * How many rounds each cell needs for an interval as narrow as wanted, by what a pilot says about its scatter.
 *
 * Simulates runs: rounds are taken for lognormal, their scatter for as uncertain as the pilot leaves it (scaled inverse χ² on its degrees
 * of freedom), and the interval is the one that the report gives. A pilot of few rounds therefore asks for more. Slow rounds that are
 * outliers make it ask for more than a median needs. A journal says more than a report, which only has intervals left.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function planRepetitions(pilot: Journal | Report, options: RepetitionOptions): RepetitionPlan {
  const { relativeHalfWidth, confidence } = checkOptions<Required<RepetitionOptions>>('planRepetitions()', options, schema)
  const cells = ('schema' in pilot ? reportScatter(pilot) : journalScatter(pilot)).map(({ scatter, ...cell }): CellRepetitions => {
    if (scatter === undefined) return { ...cell, repetitions: null }
    const deviations = scatterFactors(scatter.degrees).map((factor) => factor * scatter.deviation)
    const enough = (rounds: number): boolean => {
      const narrow = simulatedIntervals(rounds).filter(
        (interval, index) => halfWidth(interval, deviations[index] as number) <= relativeHalfWidth,
      )
      return narrow.length >= confidence * simulations
    }
    return { ...cell, repetitions: fewest(enough) }
  })
  const needed = cells.map(({ repetitions }) => repetitions)
  return { repetitions: needed.includes(null) || needed.length === 0 ? null : Math.max(...(needed as number[])), cells }
}

interface Scatter {
  /** Standard deviation of the logarithms. */
  readonly deviation: number
  /** Degrees of freedom that it rests on. */
  readonly degrees: number
}

type ScatteredCell = Omit<CellRepetitions, 'repetitions'> & { readonly scatter: Scatter | undefined }

const leastPilot = 3
const leastRounds = 6
const mostRounds = 2000

function journalScatter(journal: Journal): readonly ScatteredCell[] {
  return journalCells(journal, defaultThresholds).map((cell) => {
    const { memoryMb, concurrency, direction, factors } = cell
    const logs = usedRounds(cell).map(({ division }) => Math.log(division.aggregate))
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
    const degrees = logs.length - 1
    const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / degrees)
    const scatter = logs.length < leastPilot ? undefined : { deviation, degrees }
    return { memoryMb, concurrency, direction, factors, pilotRounds: logs.length, scatter }
  })
}

/**
 * From the width of the intervals. An order-statistic interval rests on two values only: the range of up to 8 values says nearly as much as
 * all of them, the ranks nearer to the middle that more values give say about half as much.
 */
function reportScatter({ cells }: Report): readonly ScatteredCell[] {
  const scatterOf = ({ low, high, method }: ReportInterval, rounds: number): Scatter => {
    const width = Math.log(high / low)
    if (method === 't-log') {
      return { deviation: (width * Math.sqrt(rounds)) / (2 * twoSidedQuantile(0.05, rounds - 1)), degrees: rounds - 1 }
    }
    const standard = simulatedIntervals(rounds).reduce((sum, { low, high }) => sum + high - low, 0)
    return { deviation: (width * simulations) / standard, degrees: rounds <= 8 ? rounds - 1 : Math.ceil((rounds - 1) / 2) }
  }
  return cells.map(({ memoryMb, concurrency, direction, factors, roundsUsed, aggregate: { interval } }) => ({
    memoryMb,
    concurrency,
    direction,
    factors,
    pilotRounds: roundsUsed,
    scatter: interval === null || interval.low <= 0 || roundsUsed > mostRounds ? undefined : scatterOf(interval, roundsUsed),
  }))
}

/** Up to so many rounds fewer may do too: the ranks of an interval go in steps. */
const step = 8

/** By doubling and halving, then downwards one by one. */
function fewest(enough: (rounds: number) => boolean): number | null {
  let low = leastRounds - 1
  let high = leastRounds
  while (!enough(high)) {
    if (high === mostRounds) return null
    low = high
    high = Math.min(mostRounds, high * 2)
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (enough(middle)) high = middle
    else low = middle
  }
  for (let rounds = Math.max(leastRounds, high - step); rounds < high; rounds++) if (enough(rounds)) return rounds
  return high
}
