import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { ReportCell } from '../../../src/model/report.ts'
import { lognormal } from '../noise.ts'
import { intervalSeries, type RateAt, type SeriesNoise, slowStart, tokenBucket } from '../token-bucket.ts'
import type { Row } from './figure.ts'
import { simulatedJournal } from './simulated-journal.ts'

interface Series {
  readonly n: number
  readonly rounds: number
  readonly seconds: number
  readonly cv: number
  readonly correlation?: number
}

/** One cell whose rounds differ by 10 %. */
function cellOf({ n, rounds, seconds, cv, correlation = 0 }: Series, rateAt: RateAt, random: Random): ReportCell {
  const noise: SeriesNoise = { cv, correlation, random }
  const journal = simulatedJournal({
    concurrency: [n],
    rounds,
    rates: () => Array.from({ length: n }, () => 1),
    series: () => intervalSeries(rateAt, seconds, noise),
  })
  return analyzeJournal(journal, { fairnessResamples: 1 }).cells[0] as ReportCell
}

const buckets: Row = {
  name: 'token bucket, 5 rounds of 4 functions, 10 s, intervals of 100 ms, cv 10 %',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const errors = Array.from({ length: dataSets }, () => {
      const steady = 10e6
      const burst = steady * (1.5 + 6.5 * random())
      const bucket = (burst - steady) * (1 + 4 * random())
      const found = cellOf({ n: 4, rounds: 5, seconds: 10, cv: 0.1 }, tokenBucket(burst, steady, bucket), random).burst
      return found && { steady: Math.abs(found.steadyBitsPerSecond / 8 / steady - 1), bucket: Math.abs(found.bucketBytes / bucket - 1) }
    })
    const within = (what: 'steady' | 'bucket', limit: number): number =>
      errors.filter((error) => error !== null && error[what] <= limit).length
    const figure = { of: dataSets, bound: 'at least' as const, gate: 0.98, goal: 1 }
    return [
      { what: 'found', hits: errors.filter((error) => error !== null).length, ...figure },
      { what: 'steady rate within ± 2 %', hits: within('steady', 0.02), ...figure },
      { what: 'bucket within ± 5 %', hits: within('bucket', 0.05), ...figure },
    ]
  },
}

/** Series without a bucket: what is found in them is a false alarm. */
function falseAlarms(name: string, series: Series, rateAt: (random: Random) => RateAt): Row {
  return {
    name: `no token bucket: ${name}`,
    figures: (dataSets, seed) => {
      const random = seededRandom(seed)
      const alarms = Array.from({ length: 2 * dataSets }, () => cellOf(series, rateAt(random), random).burst).filter(
        (burst) => burst !== null,
      )
      return [{ what: 'burst found', hits: alarms.length, of: 2 * dataSets, bound: 'at most', gate: 0.01, goal: 0 }]
    },
  }
}

const flat = (): RateAt => () => 10e6
const alone = { n: 1, rounds: 3, seconds: 5 }

export const burstRows: readonly Row[] = [
  buckets,
  falseAlarms('noise of 30 %', { ...alone, cv: 0.3 }, flat),
  falseAlarms('noise of 30 %, autocorrelation 0.9', { ...alone, cv: 0.3, correlation: 0.9 }, flat),
  falseAlarms('noise of 40 %, autocorrelation 0.9, 2 s', { ...alone, seconds: 2, cv: 0.4, correlation: 0.9 }, flat),
  falseAlarms('slow start of 0.2 to 1 s', { ...alone, cv: 0.2, correlation: 0.6 }, (random) => slowStart(10e6, 0.2 + 0.8 * random())),
  falseAlarms('a neighbour comes in 1 of 10 rounds', { ...alone, n: 4, cv: 0.1 }, neighbour),
]

/** A noisy neighbour that comes at any time, in one round of ten, and takes 30 to 70 %. */
function neighbour(random: Random): RateAt {
  const comes = new Map<number, number>()
  let last = Number.POSITIVE_INFINITY
  let round = 0
  return (second) => {
    if (second < last) round++
    last = second
    if (!comes.has(round)) comes.set(round, random() < 0.1 ? 5 * random() : Number.POSITIVE_INFINITY)
    return 10e6 * (second < (comes.get(round) as number) ? 1 : 0.5 * lognormal(random, 0.02))
  }
}
