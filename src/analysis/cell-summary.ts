import type { CompletedSample, Sample } from '../model/journal-record.ts'
import type { ReportCell, ReportInterval } from '../model/report.ts'
import { cpuCeiling, cpuSecondsPerByte } from './bottleneck.ts'
import type { Burst } from './burst.ts'
import { type Cell, type UsedRound, usedRounds } from './cell.ts'
import { decompose } from './decomposition.ts'
import { correctedJain, gini, jain, maxToMin, worstToFair } from './division.ts'
import { cellLatency } from './latency.ts'
import { medianInterval } from './median-interval.ts'
import { ascending, median } from './quantile.ts'
import { summarize } from './summary.ts'

/** What the report says about one cell. */
export function summarizeCell(cell: Cell): ReportCell {
  const used = usedRounds(cell)
  const samples = cell.rounds.flatMap((round) => round.samples)
  const completed = samples.filter((sample): sample is CompletedSample => sample.outcome === 'completed')
  const { memoryMb, concurrency, direction, factors } = cell
  const initMs = medianOf(samples.map((sample) => sample.initMs))
  const decomposition = decompose(completed, cell.quota)
  return {
    memoryMb,
    concurrency,
    direction,
    factors,
    rounds: cell.rounds.length,
    roundsUsed: used.length,
    samples: samples.length,
    failed: samples.length - completed.length,
    ...instances(cell, samples),
    coldStarts: samples.some(({ coldStart }) => coldStart !== undefined) ? samples.filter(({ coldStart }) => coldStart).length : null,
    ...(initMs !== null && { initMs }),
    overlap: medianOf(cell.rounds.map((round) => round.overlap)),
    perFunction: perFunction(used),
    aggregate: {
      medianBitsPerSecond: medianOf(used.map(({ division }) => division.aggregate)),
      interval: medianInterval(used.map(({ division }) => division.aggregate)),
    },
    fairness: concurrency === 1 ? null : fairness(used),
    burst: cell.burst === undefined ? null : reported(cell.burst),
    latency: cellLatency(cell),
    cpuSecondsPerGB: medianOf(completed.map((sample) => scaled(cpuSecondsPerByte(sample), 1e9))),
    cpuCeilingBitsPerSecond: medianOf(completed.map((sample) => cpuCeiling(sample, cell.quota))),
    bottleneck: cell.bottleneck,
    ...(decomposition !== undefined && { decomposition }),
  }
}

const reported = ({ burstBitsPerSecond, steadyBitsPerSecond, bucketBytes }: Burst): ReportCell['burst'] => ({
  burstBitsPerSecond,
  steadyBitsPerSecond,
  bucketBytes,
})

/** Median of what is known; null when nothing is. */
function medianOf(values: readonly (number | null | undefined)[]): number | null {
  return median(ascending(values.filter((value) => value !== undefined && value !== null)))
}

const scaled = (value: number | undefined, factor: number): number | undefined => (value === undefined ? undefined : value * factor)

/** Different instances over all rounds, and invocations that had to share one with another of the same round. */
function instances(cell: Cell, samples: readonly Sample[]): Pick<ReportCell, 'instances' | 'reusedInstances'> {
  const named = (of: readonly Sample[]): string[] => of.flatMap(({ instance }) => instance ?? [])
  const all = named(samples)
  if (all.length === 0) return { instances: null, reusedInstances: null }
  const reused = cell.rounds.reduce((sum, round) => sum + named(round.samples).length - new Set(named(round.samples)).size, 0)
  return { instances: new Set(all).size, reusedInstances: reused }
}

function perFunction(used: readonly UsedRound[]): ReportCell['perFunction'] {
  const rates = used.flatMap(({ division }) => division.rates)
  const {
    quantiles: [p5 = null, middle = null, p95 = null],
    cv,
  } = summarize(rates, [0.05, 0.5, 0.95])
  return {
    medianBitsPerSecond: middle,
    interval: around(middle, medianInterval(used.map(({ division }) => division.median))),
    p5,
    p95,
    cv,
  }
}

/** The interval is one of the rounds' medians; where the median over all functions is outside, it does not speak of it. */
function around(value: number | null, interval: ReportInterval | null): ReportInterval | null {
  return value !== null && interval !== null && interval.low <= value && value <= interval.high ? interval : null
}

function fairness(used: readonly UsedRound[]): ReportCell['fairness'] {
  const rates = used.map(({ division }) => division.rates)
  return {
    jain: medianOf(rates.map(jain)),
    jainCorrected: medianOf(rates.map((of) => correctedJain([of]))),
    interval: null, // no method's coverage is shown for n = 2 to 8
    worstToFair: medianOf(rates.map(worstToFair)),
    maxToMin: medianOf(rates.map(maxToMin)),
    gini: medianOf(rates.map(gini)),
  }
}
