import Table from 'cli-table3'
import type { Plan } from '../run/plan.ts'

/** What a run would do: its rounds in order, its expected duration and cost. */
export function renderPlan({ cells, rounds, expectedMs, quote }: Plan): string {
  const table = new Table({ head: ['#', 'memory', 'functions', 'direction', 'factors', 'repetition'], style: { head: [], border: [] } })
  for (const [index, { memoryMb, concurrency, direction, factors, repetition }] of rounds.entries()) {
    const levels = Object.entries(factors).map(([name, value]) => `${name} ${value}`)
    table.push([index + 1, `${memoryMb} MB`, concurrency, direction, levels.join(', '), repetition + 1])
  }
  const cost = quote === null ? 'no cost known (nothing is billed on a local host)' : `about ${quote.usd.toFixed(4)} USD`
  return `${table.toString()}\n${cells.length} cells, ${rounds.length} rounds, about ${Math.ceil(expectedMs / 1000)} s, ${cost}. Nothing was measured.\n`
}
