import { medianInterval } from './median-interval.ts'
import { ascending, median } from './quantile.ts'
import { type Random, seededRandom } from './seeded-random.ts'

/** So many runs are simulated. */
export const simulations = 300

/** Interval of the median of one simulated run, and the median itself, in standard deviations of the logarithms. */
interface StandardInterval {
  readonly low: number
  readonly high: number
  readonly middle: number
}

/** What runs of so many rounds give; the same simulated runs for any number. */
type SimulatedRuns = (rounds: number) => readonly StandardInterval[]

function simulatedRuns(random: Random): SimulatedRuns {
  const runs = Array.from({ length: simulations }, (): number[] => [])
  const known = new Map<number, readonly StandardInterval[]>()
  return (rounds) => {
    // Run by run and value by value, so that what a longer run begins with is a shorter one.
    while ((runs[0] as number[]).length < rounds) for (const run of runs) run.push(normal(random))
    const intervals = known.get(rounds) ?? runs.map((run) => standardInterval(run.slice(0, rounds)))
    known.set(rounds, intervals)
    return intervals
  }
}

// Made as far as they are asked for, once a process.
export const simulatedIntervals: SimulatedRuns = simulatedRuns(seededRandom(1))

function standardInterval(values: readonly number[]): StandardInterval {
  const { low, high } = medianInterval(values) ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  return { low, high, middle: median(ascending(values)) as number }
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Relative half-width at this standard deviation of the logarithms. */
export function halfWidth({ low, high, middle }: StandardInterval, deviation: number): number {
  return (Math.exp(deviation * (high - middle)) - Math.exp(deviation * (low - middle))) / 2
}

/** By how much the true scatter may differ from the pilot's: √(ν ÷ χ²), one factor a simulated run. */
export function scatterFactors(degrees: number): readonly number[] {
  const random = seededRandom(degrees)
  return Array.from({ length: simulations }, () => {
    let squares = 0
    for (let index = 0; index < degrees; index++) squares += normal(random) ** 2
    return Math.sqrt(degrees / squares)
  })
}
