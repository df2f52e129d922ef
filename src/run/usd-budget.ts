import { executionsOf } from '../analysis/executions.ts'
import { storeBilling } from '../analysis/store-billing.ts'
import { InputError } from '../model/errors.ts'
import type { Platform } from '../model/platform.ts'
import { executionCost, totalUsd } from '../pricing/execution-cost.ts'
import { currentPriceBook } from '../pricing/price-book.ts'
import { billingRuleOf } from '../pricing/tariff.ts'
import { Allowance } from './allowance.ts'
import { contentionRoundsAtMost } from './contention-plan.ts'
import type { Experiment } from './experiment.ts'
import { cellId, type Plan, type PlannedRound, quoteRounds } from './plan.ts'

/**
 * Refuses a run that would surely cost more than its budget; before anything is deployed.
 * @throws InputError `QUOTE_OVER_BUDGET`; `PRICE_UNKNOWN` where functions are billed and nobody can say how much
 */
export function refuseOverBudget({ budget, quote, unpriced, stop }: Plan): void {
  if (budget?.usd === undefined) return
  if (unpriced !== undefined) throw unpriced
  if (quote === null || quote.leastUsd <= budget.usd) return
  const least = stop === undefined ? '' : ` for its ${stop.minimum} repetitions at least`
  throw new InputError(
    'QUOTE_OVER_BUDGET',
    `The run is quoted at ${dollars.show(quote.leastUsd)} USD${least}, and "budget.usd" is ${dollars.show(budget.usd)} USD.`,
    {
      hint: 'Raise "budget.usd", or measure less: fewer cells, fewer repetitions, shorter. `--dry-run` shows what it is made of.',
    },
  )
}

/** Keeps count of what a run costs; a limit of infinity where there is none or nothing is billed. */
export function usdBudget(experiment: Experiment, planned: Plan): Allowance {
  const { billedAs } = experiment.provider
  const limit = planned.budget?.usd
  if (limit === undefined || billedAs === undefined) return new Allowance(Number.POSITIVE_INFINITY, { ...dollars, usedBy: () => 0 })
  const quoted = quotedRounds(experiment, billedAs, [...planned.rounds, ...contentionRoundsAtMost(experiment).slice(0, 1)])
  const book = currentPriceBook
  const billing = { rule: billingRuleOf(billedAs, book), store: storeBilling(experiment, { platform: billedAs, book, asIf: false }) }
  return new Allowance(limit, {
    ...dollars,
    expectedOf: (round) => quoted(cellId(round)).usd,
    usedBy(round, samples) {
      const { executions, unknown } = executionsOf(round, samples, billing)
      const { usd: most, targetUsd, concurrency } = quoted(cellId(round))
      return totalUsd(executionCost(billedAs, executions)) + targetUsd + unknown * (most / concurrency)
    },
  })
}

const dollars = { option: 'budget.usd', unit: 'USD', show: (amount: number): string => amount.toPrecision(4) }

interface CellQuote {
  readonly usd: number
  /** The part of the measuring side. */
  readonly targetUsd: number
  readonly concurrency: number
}

/** By cell: a round of it, on instances that are all new. */
function quotedRounds(experiment: Experiment, platform: Platform, rounds: readonly PlannedRound[]): (cell: string) => CellQuote {
  const first = new Map<string, PlannedRound>()
  for (const round of rounds) if (!first.has(cellId(round))) first.set(cellId(round), round)
  const quotes = new Map(
    [...first].map(([cell, round]): [string, CellQuote] => {
      const quote = quoteRounds(experiment, platform, [round])
      const target = quote.items.filter(({ meter }) => meter.startsWith('target'))
      return [cell, { usd: quote.usd, targetUsd: totalUsd(target), concurrency: round.concurrency }]
    }),
  )
  return (cell) => quotes.get(cell) ?? { usd: 0, targetUsd: 0, concurrency: 1 }
}
