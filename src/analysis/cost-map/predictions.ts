import type { CostMapError, CostMapFinding, CostMapPrediction } from '../../model/cost-map.ts'
import type { FixedWork } from '../../model/fixed-work.ts'
import type { Reason } from '../../model/report.ts'
import { tariffOf } from '../../pricing/tariff.ts'
import { ascending, median } from '../quantile.ts'
import { billOf } from './bill.ts'
import type { CostMapOptions } from './cost-map-options.ts'
import { type Predicted, predictorOf } from './prediction.ts'
import type { Pricing } from './pricing.ts'
import { alikeCells, type WorkCell } from './work-cell.ts'

/** Fewer measured cells tell nothing about those between them. */
const leastCells = 3

/** What was not measured: the configurations asked for, or those between the measured ones. */
export function predictionsOf(
  cells: readonly WorkCell[],
  work: FixedWork,
  pricing: Pricing | undefined,
  asked: CostMapOptions['predict'],
): readonly CostMapPrediction[] {
  return alikeCells(cells).flatMap((alike) => {
    const predict = alike.length < leastCells ? undefined : predictorOf(alike, work)
    const [first] = alike
    if (first === undefined || (predict === undefined && asked === undefined)) return []
    const measured = new Set(alike.map(({ memoryMb, concurrency }) => `${memoryMb} ${concurrency}`))
    const sizes = asked?.memoryMb ?? sizesBetween(distinct(alike.flatMap(({ memoryMb }) => memoryMb ?? [])), pricing)
    const crowds = asked?.concurrency ?? withMeans(distinct(alike.map(({ concurrency }) => concurrency)), 1)
    const places = sizes.flatMap((memoryMb) => crowds.map((concurrency) => ({ memoryMb, concurrency, factors: first.factors })))
    return places
      .filter(({ memoryMb, concurrency }) => !measured.has(`${memoryMb} ${concurrency}`))
      .map((place) => ({ ...place, ...figures(predict?.(place.memoryMb, place.concurrency), pricing) }))
  })
}

function figures(
  predicted: Predicted | undefined,
  pricing: Pricing | undefined,
): Omit<CostMapPrediction, 'memoryMb' | 'concurrency' | 'factors'> {
  if (predicted === undefined) return { responseMs: null, usd: null, reasons: [outOfRange] }
  const bill = billed(predicted, pricing)
  const reasons: readonly Reason[] = typeof bill === 'string' ? [{ code: 'cost', message: bill }] : []
  return { responseMs: predicted.responseMs, usd: typeof bill === 'number' ? bill : null, reasons }
}

const outOfRange: Reason = {
  code: 'out-of-range',
  message: 'It lies outside of the measured memory sizes and concurrencies, or too few cells were measured: nothing is predicted there.',
}

function billed({ executions }: Predicted, pricing: Pricing | undefined): number | string | undefined {
  if (executions === undefined || pricing === undefined) return undefined
  const bill = billOf(executions, pricing)
  return typeof bill === 'string' ? bill : bill.usd
}

const distinct = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b)

/** Those of the plan, where it has only some; else the measured ones with their means. */
function sizesBetween(measured: readonly number[], pricing: Pricing | undefined): readonly number[] {
  const memory = pricing && tariffOf(pricing.platform, pricing.book).rule.memory
  if (memory === undefined || !('sizes' in memory)) return withMeans(measured, 64)
  const [least, most] = [measured[0] ?? 0, measured.at(-1) ?? 0]
  const offered = memory.sizes.map(({ memoryMb }) => memoryMb).filter((memoryMb) => memoryMb >= least && memoryMb <= most)
  return distinct([...measured, ...offered])
}

/** With the geometric mean of each two neighbours, rounded to whole steps, where that is another one. */
function withMeans(levels: readonly number[], step: number): readonly number[] {
  const means = levels.slice(1).map((level, index) => Math.round(Math.sqrt(level * (levels[index] ?? level)) / step) * step)
  const inside = means.filter((mean, index) => mean > (levels[index] ?? 0) && mean < (levels[index + 1] ?? 0))
  return distinct([...levels, ...inside])
}

/** Predicts each measured cell from all others. Null where that cannot be done for one. */
export function predictionError(
  cells: readonly WorkCell[],
  work: FixedWork,
  pricing: Pricing | undefined,
): CostMapFinding['predictionError'] {
  const groups = alikeCells(cells).filter((alike) => alike.length > leastCells)
  const held = groups.flatMap((alike) => alike.map((cell) => heldOut(cell, alike, work, pricing)))
  const tried = held.filter((each) => each !== undefined)
  if (tried.length === 0) return null
  return {
    heldOut: tried.length,
    refused: held.length - tried.length,
    responseMs: errorOf(tried.map(({ responseMs }) => responseMs)),
    usd: errorOf(tried.flatMap(({ usd }) => usd ?? [])),
  }
}

function heldOut(
  cell: WorkCell,
  alike: readonly WorkCell[],
  work: FixedWork,
  pricing: Pricing | undefined,
): { readonly responseMs: number; readonly usd: number | undefined } | undefined {
  const { memoryMb, concurrency, rounds } = cell
  const others = alike.filter((other) => other !== cell)
  const predicted = memoryMb === null ? undefined : predictorOf(others, work)?.(memoryMb, concurrency)
  if (predicted === undefined) return undefined
  const response = typical(rounds.map(({ responseMs }) => responseMs))
  const usd = typical(rounds.flatMap(({ executions }) => billed({ ...predicted, executions }, pricing) ?? []).filter(isNumber))
  const expected = billed(predicted, pricing)
  return {
    responseMs: relative(predicted.responseMs, response ?? 0),
    usd: isNumber(expected) && usd !== null ? relative(expected, usd) : undefined,
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number'
const typical = (values: readonly number[]): number | null => median(ascending(values))
const relative = (predicted: number, measured: number): number => Math.abs(predicted / measured - 1)

function errorOf(errors: readonly number[]): CostMapError | null {
  const middle = typical(errors)
  return middle === null ? null : { median: middle, worst: Math.max(...errors) }
}
