import type { CostMapCell, CostMapFigure } from '../../model/cost-map.ts'
import type { Meter } from '../../pricing/price-book.ts'
import { medianInterval } from '../median-interval.ts'
import { ascending, median } from '../quantile.ts'
import { type Bill, billOf } from './bill.ts'
import type { Pricing } from './pricing.ts'
import type { MeasuredWorkCell } from './work-cells.ts'

/** The cells of the map. */
export interface MapCells {
  readonly cells: readonly CostMapCell[]
  /** What their bills are made of. */
  readonly meters: readonly Meter[]
  /** What could not be priced, a sentence each. */
  readonly unpriced: readonly string[]
}

/** Medians over rounds; the cost of a cell only where each of its rounds has a price. */
export function mapCells(measured: readonly MeasuredWorkCell[], pricing: Pricing | undefined): MapCells {
  const unpriced = new Set<string>()
  const meters = new Set<Meter>()
  const cells = measured.map((cell): CostMapCell => {
    const { memoryMb, concurrency, factors, rounds, tried } = cell
    const bills = pricing === undefined ? undefined : billsOf(cell, pricing)
    if (typeof bills === 'string') unpriced.add(bills)
    const known = typeof bills === 'string' ? undefined : bills
    for (const meter of (known ?? []).flatMap((bill) => bill.meters)) meters.add(meter)
    return {
      memoryMb,
      concurrency,
      factors,
      rounds: tried,
      roundsUsed: rounds.length,
      responseMs: figure(rounds.map(({ responseMs }) => responseMs)),
      aggregatedMs: figure(rounds.map(({ aggregatedMs }) => aggregatedMs)),
      billedMs: figure((known ?? []).map(({ billedMs }) => billedMs)),
      usd: figure((known ?? []).map(({ usd }) => usd)),
      relativeCost: null,
    }
  })
  const cheapest = cells.reduce((least, { usd }) => Math.min(least, usd?.median ?? least), Number.POSITIVE_INFINITY)
  return {
    cells: cells.map((cell) => ({ ...cell, relativeCost: scaled(cell.usd, cheapest) })),
    meters: [...meters].sort(),
    unpriced: [...unpriced].sort(),
  }
}

function billsOf({ rounds, memoryMb, concurrency }: MeasuredWorkCell, pricing: Pricing): readonly Bill[] | string {
  const bills: Bill[] = []
  for (const { executions } of rounds) {
    if (executions === undefined) return `${memoryMb} MB, n = ${concurrency}: the billed time of some invocations is not known.`
    const bill = billOf(executions, pricing)
    if (typeof bill === 'string') return bill
    bills.push(bill)
  }
  return bills
}

/** @returns null without values */
function figure(values: readonly number[]): CostMapFigure | null {
  const middle = median(ascending(values))
  return middle === null ? null : { median: middle, interval: medianInterval(values) }
}

/** The unit is taken for exact: its own uncertainty is not in the intervals. */
function scaled(usd: CostMapFigure | null, unit: number): CostMapFigure | null {
  if (usd === null || unit <= 0) return null
  const { median: middle, interval } = usd
  return {
    median: middle / unit,
    interval: interval && { ...interval, low: interval.low / unit, high: interval.high / unit },
  }
}
