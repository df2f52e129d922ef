import Table from 'cli-table3'
import type { Plan } from '../run/plan.ts'

/** What a run would do: its rounds in order, its expected duration and cost. */
export function renderPlan({ cells, rounds, stop, budget, expectedMs, quote }: Plan): string {
  const sure = stop === undefined ? rounds : rounds.filter(({ repetition }) => repetition < stop.minimum)
  const table = new Table({ head: ['#', 'memory', 'functions', 'direction', 'factors', 'repetition'], style: { head: [], border: [] } })
  for (const [index, { memoryMb, concurrency, direction, factors, repetition }] of sure.entries()) {
    const levels = Object.entries(factors).map(([name, value]) => `${name} ${value}`)
    table.push([index + 1, `${memoryMb} MB`, concurrency, direction, levels.join(', '), repetition + 1])
  }
  const cost = quote === null ? 'no cost known (nothing is billed on a local host)' : `about ${quote.usd.toFixed(4)} USD`
  const [most, about] = stop === undefined && budget?.bytes === undefined ? ['', 'about'] : ['at most ', 'at most about']
  const extent = `${cells.length} cells, ${most}${rounds.length} rounds, ${about} ${Math.ceil(expectedMs / 1000)} s`
  const more = stop === undefined ? '' : `… and further repetitions, ${stop.maximum} in all at most, until there are enough.\n`
  const limit = budget?.bytes === undefined ? '' : ` At most ${budget.bytes} bytes are moved.`
  return `${table.toString()}\n${more}${extent}, ${cost}.${limit} Nothing was measured.\n`
}
