import type { CostMapFinding } from '../../model/cost-map.ts'
import type { Journal } from '../../model/journal.ts'
import type { Direction, RoundRecord } from '../../model/journal-record.ts'
import type { Reason } from '../../model/report.ts'
import { billingRuleOf } from '../../pricing/tariff.ts'
import { countedRounds } from '../counted-rounds.ts'
import { storeBilling } from '../store-billing.ts'
import type { Thresholds } from '../thresholds.ts'
import { choicesOf } from './choices.ts'
import { type CostMapOptions, checkCostMapOptions } from './cost-map-options.ts'
import { kneesOf } from './knees.ts'
import { mapCells } from './map-cells.ts'
import { predictionError, predictionsOf } from './predictions.ts'
import { pricesOf, pricingOf } from './pricing.ts'
import { type MeasuredWorkCell, workCells } from './work-cells.ts'

/**
 * What a fixed work takes and costs over memory × concurrency.
 *
 * @returns null where the functions of a round did no fixed work together
 * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`; `PRICE_UNKNOWN` where there are no prices for `priceAs`
 */
export function costMapFinding(whole: Journal, given: CostMapOptions | undefined, thresholds: Thresholds): CostMapFinding | null {
  const journal = countedRounds(whole)
  const { priceAs, strategy, weight, deadlineMs, budgetUsd, predict, direction: wanted } = checkCostMapOptions(given)
  const { work } = journal.experiment.plan
  const priced = pricingOf(journal, priceAs)
  if (work === undefined) return null
  const pricing = typeof priced === 'string' ? undefined : priced
  const directions = directionsOf(journal.rounds)
  const direction = wanted ?? directions[0] ?? 'download'
  const store = pricing && storeBilling(journal.experiment, pricing)
  const measured = workCells(journal, work, direction, {
    ...(pricing !== undefined && { rule: billingRuleOf(pricing.platform, pricing.book) }),
    asIf: pricing?.asIf ?? false,
    store,
  })
  const usable = measured.filter(({ rounds }) => rounds.length > 0)
  const { cells, meters, unpriced } = mapCells(measured, pricing)
  const limits = { ...(deadlineMs !== undefined && { deadlineMs }), ...(budgetUsd !== undefined && { budgetUsd }) }
  const { chunks, chunkBytes, mode } = work
  return {
    direction,
    work: { chunks, chunkBytes, mode },
    prices: pricing === undefined ? null : pricesOf(pricing, meters),
    cells,
    ...choicesOf(cells, { strategy, weight, limits }),
    knee: kneesOf(usable, thresholds),
    strategy: { name: strategy, weight, deadlineMs: deadlineMs ?? null, budgetUsd: budgetUsd ?? null },
    predictions: predictionsOf(usable, work, pricing, predict),
    predictionError: predictionError(usable, work, pricing),
    reasons: [
      ...[typeof priced === 'string' ? priced : [], unpriced, store?.missing ?? []].flat().map(uncosted),
      ...undone(measured),
      ...otherDirections(directions, direction),
    ],
  }
}

const uncosted = (message: string): Reason => ({ code: 'cost', message })

function directionsOf(rounds: readonly RoundRecord[]): readonly Direction[] {
  return [...new Set(rounds.flatMap(({ direction }) => (direction === 'both' ? [] : direction)))].sort()
}

function otherDirections(measured: readonly Direction[], shown: Direction): readonly Reason[] {
  const others = measured.filter((direction) => direction !== shown)
  const message = `The map is of ${shown}; ${others.join(', ')} was measured, too: choose it with \`direction\` (\`--map-direction\`).`
  return others.length === 0 ? [] : [{ code: 'direction', message }]
}

const undone = (cells: readonly MeasuredWorkCell[]): readonly Reason[] => cells.flatMap((cell) => cell.undone)
