import { InputError } from '../../model/errors.ts'
import { billedTimeMs, type Execution, executionCost, totalUsd } from '../../pricing/execution-cost.ts'
import type { Meter } from '../../pricing/price-book.ts'
import type { Pricing } from './pricing.ts'

/** What the executions of one round cost. */
export interface Bill {
  readonly usd: number
  /** Σ over executions. */
  readonly billedMs: number
  readonly meters: readonly Meter[]
}

/** @returns a sentence where there is no price: the plan does not have a memory size */
export function billOf(executions: readonly Execution[], { platform, book }: Pricing): Bill | string {
  try {
    const items = executionCost(platform, executions, book)
    return { usd: totalUsd(items), billedMs: billedTimeMs(platform, executions, book), meters: items.map(({ meter }) => meter) }
  } catch (error) {
    if (error instanceof InputError && error.code === 'PRICE_UNKNOWN') return error.message
    throw error
  }
}
