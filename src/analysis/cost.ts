import { InputError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { RoundRecord, Sample } from '../model/journal-record.ts'
import type { Platform } from '../model/platform.ts'
import type { CostFinding, Reason } from '../model/report.ts'
import { executionCost, totalUsd } from '../pricing/execution-cost.ts'
import { daysTooOld, isBilled, type PriceBook, priceBookOf } from '../pricing/price-book.ts'
import { targetCost } from '../pricing/target-cost.ts'
import { billingRuleOf } from '../pricing/tariff.ts'
import { type BilledRound, type BillingView, executionsOf } from './executions.ts'
import { hasStore, storeBilling } from './store-billing.ts'

interface Costs {
  /** Null where nothing is billed, or the journal names no prices. */
  readonly cost: CostFinding | null
  readonly warnings: readonly Reason[]
}

/** What the experiment has cost by its billed time, beside its quote, from the price book that the journal names. */
export function costFinding(journal: Journal): Costs {
  const { priceBook, quote, createdAt, provider } = journal.experiment
  if (priceBook?.version === undefined) return { cost: null, warnings: isBilled(provider) ? [warning(unpricedBy(provider))] : [] }
  const { version } = priceBook
  const book = priceBookOf(version)
  const named = { version, date: priceBook.date ?? book?.date ?? '' }
  const unpriced: CostFinding = { quotedUsd: quote?.usd ?? null, finalUsd: null, priceBook: named, items: [] }
  if (book === undefined)
    return { cost: unpriced, warnings: [warning(`The prices are those of ${version}, which this version of netfair does not have.`)] }
  try {
    const { items, warnings } = billed(journal, book)
    const finalUsd = items.length === 0 ? null : totalUsd(items)
    return { cost: { ...unpriced, finalUsd, items }, warnings: [...old(book, createdAt), ...warnings] }
  } catch (error) {
    if (error instanceof InputError && error.code === 'PRICE_UNKNOWN') return { cost: unpriced, warnings: [warning(error.message)] }
    throw error
  }
}

/** Of a journal of functions that are billed, which names no prices. */
export const unpricedBy = ({ name, region }: Platform): string =>
  `What it cost is not known: no prices of ${[name, region].filter((part) => part !== undefined).join(' in ')} were known when it was measured.`

const warning = (message: string): Reason => ({ code: 'cost', message })

function old(book: PriceBook, createdAt: string): readonly Reason[] {
  const days = daysTooOld(book, Date.parse(createdAt))
  return days === undefined ? [] : [{ code: 'old-prices', message: `The prices were ${days} days old when it was measured.` }]
}

function billed(journal: Journal, book: PriceBook): { readonly items: CostFinding['items']; readonly warnings: readonly Reason[] } {
  const { experiment } = journal
  const store = storeBilling(experiment, { platform: experiment.provider, book, asIf: false })
  const rounds = billedRounds(journal, { rule: billingRuleOf(experiment.provider, book), store })
  const executions = rounds.flatMap((round) => round.executions)
  const sum = (count: (round: BilledRound) => number): number => rounds.reduce((total, round) => total + count(round), 0)
  const [unknown, untold] = [sum((round) => round.unknown), sum((round) => round.untold)]
  const of = `of ${executions.length + unknown} invocations`
  const warnings = [
    ...(store?.missing ?? []).map(warning),
    ...(unknown > 0 ? [warning(`The billed time of ${unknown} ${of} is unknown: the cost is at least so much.`)] : []),
    ...(untold > 0 ? [warning(`The platform did not tell the billed time of ${untold} ${of}: the function's own was taken.`)] : []),
  ]
  if (executions.length === 0) return { items: [], warnings }
  const functions = executionCost(experiment.provider, executions, book)
  return { items: [...functions, ...targetCost(experiment.quote ?? {}, targetUse(journal))], warnings }
}

/** With attempts that do not count: they were billed too. */
function billedRounds({ rounds, samples, superseded = [] }: Journal, billing: BillingView): readonly BilledRound[] {
  const byRound = new Map(rounds.map((round): [string, { round: RoundRecord; samples: Sample[] }] => [round.id, { round, samples: [] }]))
  for (const sample of [...samples, ...superseded]) byRound.get(sample.round)?.samples.push(sample)
  return [...byRound.values()].map((each) => executionsOf(each.round, each.samples, billing))
}

/** From the first line to the last; and what was downloaded from targets. */
function targetUse({ experiment, end, samples, superseded = [] }: Journal): { readonly hours?: number; readonly bytes: number } {
  const down = [...samples, ...superseded].filter(({ direction }) => direction === 'download' && !hasStore(experiment))
  const bytes = down.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)
  if (end === undefined) return { bytes }
  return { bytes, hours: ((experiment.quote?.targets ?? 1) * (Date.parse(end.completedAt) - Date.parse(experiment.createdAt))) / 3_600_000 }
}
