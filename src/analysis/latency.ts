import type { ReportCell } from '../model/report.ts'
import type { Cell } from './cell.ts'
import type { MeasuredRound } from './measured-round.ts'
import { ascending, median, quantile } from './quantile.ts'

/**
 * Round-trip times of a cell, in milliseconds, over the completed samples of the rounds that take part; rounds without any bytes take part
 * here too.
 *
 * - `medianMs`: median over samples of their `rttMs`, each the median of its function.
 * - `p95Ms`: median over samples of their `rttP95Ms`, each the 95 % quantile of its function: the worst twentieth that a typical function
 *   sees. Where no sample has one, the 95 % quantile of `rttMs` over samples, which speaks of functions, not of moments.
 * - `idleMs`: median over samples of their `idleRttMs`; absent where none has one.
 *
 * A sample whose `pingsLost` left no figure counts as longer than all others, so that lost pings cannot shorten a latency.
 *
 * @returns null where no sample has `rttMs`, or where the median rests on lost pings
 */
export function cellLatency(cell: Cell): ReportCell['latency'] {
  const values = cell.rounds.filter(showsLatency).flatMap(({ samples }) => samples.map((sample): Values => sample.values ?? {}))
  const typical = known(values, 'rttMs')
  const medianMs = answered(typical, 0.5)
  if (medianMs === null) return null
  const high = known(values, 'rttP95Ms')
  const p95Ms = high.length > 0 ? answered(high, 0.5) : answered(typical, 0.95)
  const idleMs = median(ascending(values.flatMap(({ idleRttMs }) => idleRttMs ?? [])))
  return { medianMs, p95Ms, ...(idleMs !== null && { idleMs }) }
}

type Values = Readonly<Record<string, number>>

/** Ascending; infinite where pings were lost and the figure is therefore absent. */
function known(values: readonly Values[], key: 'rttMs' | 'rttP95Ms'): Float64Array {
  return ascending(values.flatMap(({ [key]: value, pingsLost = 0 }) => value ?? (pingsLost > 0 ? Number.POSITIVE_INFINITY : [])))
}

/** A quantile; null where it rests on an infinite value. */
function answered(sorted: Float64Array, level: number): number | null {
  const above = sorted[Math.ceil(level * (sorted.length - 1))]
  if (above === undefined || above === Number.POSITIVE_INFINITY) return null
  return quantile(
    sorted.map((value) => Math.min(value, above)),
    level,
  )
}

/** Without bytes there is no rate and no division, but round trips all the same. */
function showsLatency({ division, exclusion, samples }: MeasuredRound): boolean {
  return division !== undefined || (exclusion?.code === 'no-bytes' && samples.every(withoutBytes))
}

const withoutBytes = ({ bytes, intervals = [] }: MeasuredRound['samples'][number]): boolean => bytes === undefined && intervals.length === 0
