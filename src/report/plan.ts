import Table from 'cli-table3'
import { daysTooOld } from '../pricing/price-book.ts'
import type { Plan, PlannedQuote } from '../run/plan.ts'
import { formatUsd } from './format.ts'

/**
 * What a run would do: its rounds in order, its expected duration and cost.
 * @param nowMs - epoch milliseconds, for the age of the prices
 */
export function renderPlan(
  { cells, rounds, rehearsals, stop, budget, contention, expectedMs, quote, unpriced }: Plan,
  nowMs: number = Date.now(),
): string {
  const sure = stop === undefined ? rounds : rounds.filter(({ repetition }) => repetition < stop.minimum)
  const table = new Table({ head: ['#', 'memory', 'functions', 'direction', 'factors', 'repetition'], style: { head: [], border: [] } })
  for (const [index, { memoryMb, concurrency, direction, factors, repetition }] of sure.entries()) {
    const levels = Object.entries(factors).map(([name, value]) => `${name} ${value}`)
    table.push([index + 1, `${memoryMb} MB`, concurrency, direction, levels.join(', '), repetition + 1])
  }
  const [most, about] = stop === undefined && budget === undefined ? ['', 'about'] : ['at most ', 'at most about']
  const before = rehearsals.length === 0 ? '' : ` after ${rehearsals.length} rehearsals`
  const extent = `${cells.length} cells, ${most}${rounds.length} rounds${before}, ${about} ${Math.ceil(expectedMs / 1000)} s`
  const more = stop === undefined ? '' : `… and further repetitions, ${stop.maximum} in all at most, until there are enough.\n`
  const limit = budget?.bytes === undefined ? '' : ` At most ${budget.bytes} bytes are moved.`
  const tests =
    contention === undefined
      ? ''
      : `Then tests of co-location: at most ${contention.tests} rounds, ${contention.bytes} bytes, ${Math.ceil(contention.measuredMs / 1000)} s of traffic${contention.usd === null ? '' : `, ${formatUsd(contention.usd)}`}.\n`
  const cost = quote === null ? noQuote(unpriced) : `${about} ${formatUsd(quote.usd)}`
  const bill = quote === null ? '' : `${renderQuote(quote, nowMs)}${overBudget(quote, budget?.usd)}`
  return `${table.toString()}\n${more}${extent}, ${cost}.${limit} Nothing was measured.\n${tests}${bill}`
}

function noQuote(unpriced: Plan['unpriced']): string {
  return unpriced === undefined
    ? 'no cost known (nothing is billed on a local host)'
    : `no cost known (${unpriced.message.replace(/\.$/, '')})`
}

function renderQuote({ items, assumptions, priceBook }: PlannedQuote, nowMs: number): string {
  const table = new Table({ head: ['meter', 'quantity', 'USD'], colAligns: ['left', 'right', 'right'], style: { head: [], border: [] } })
  for (const { meter, quantity, usd } of items) table.push([meter, Number(quantity.toPrecision(6)), usd.toPrecision(4)])
  const days = daysTooOld(priceBook, nowMs)
  const old = days === undefined ? '' : `  Warning: these prices are ${days} days old; look for a newer netfair.\n`
  return `\nQuote, by the prices of ${priceBook.date}\n${table.toString()}\n${assumptions.map((each) => `  ${each}\n`).join('')}${old}`
}

function overBudget({ leastUsd }: PlannedQuote, usd: number | undefined): string {
  return usd === undefined || leastUsd <= usd
    ? ''
    : `  The run would be refused: its budget is ${formatUsd(usd)}, and it needs ${formatUsd(leastUsd)}.\n`
}
