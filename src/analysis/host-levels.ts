import { cellBottleneck } from './bottleneck.ts'
import { type Cell, type UsedRound, usedRounds } from './cell.ts'
import { groupBy } from './colocation/group-by.ts'
import type { MeasuredRound } from './measured-round.ts'
import { ascending, median } from './quantile.ts'

/** Whether all functions of the round are known to have been on one host. */
export const onOneHost = ({ hosts }: MeasuredRound): boolean => hosts !== undefined && new Set(hosts).size === 1

/**
 * The same rounds by how many functions were together on a host: one cell a number, and in it one part of a round for each of its hosts that
 * had so many. Ascending.
 * @param cells - one ladder, of which all used rounds have known hosts
 */
export function byFunctionsOnHost(cells: readonly Cell[]): readonly Cell[] {
  const parts = cells.flatMap(usedRounds).flatMap(partsOf)
  return [...groupBy(parts, ({ samples }) => samples.length)]
    .sort(([a], [b]) => a - b)
    .map(([concurrency, rounds]): Cell => {
      const { memoryMb, direction, factors, quota } = cells[0] as Cell
      const bottleneck = cellBottleneck(rounds.flatMap((round) => round.bottleneck ?? []))
      return { memoryMb, direction, factors, quota, concurrency, rounds, bottleneck }
    })
}

/** Most functions that a host had in any round, failed ones too; all where nobody knows. */
export function mostOnOneHost({ rounds, concurrency }: Cell): number {
  const counts = rounds.map(({ hosts = [] }) => {
    const own = new Map<string, number>()
    for (const host of hosts) own.set(host, (own.get(host) ?? 0) + 1)
    return own.size === 0 ? concurrency : Math.max(...own.values())
  })
  return Math.max(1, ...counts)
}

/** A round as each of its hosts saw it. */
function partsOf(used: UsedRound): readonly UsedRound[] {
  const { hosts = [], samples, division } = used
  const byHost = groupBy(hosts.keys(), (index) => hosts[index] as string)
  return [...byHost].map(([host, own]) => {
    const here = <T>(all: readonly T[]): T[] => own.flatMap((index) => all[index] ?? [])
    const rates = own.map((index) => division.rates[index] ?? 0)
    const aggregate = rates.reduce((sum, rate) => sum + rate, 0)
    return {
      ...used,
      host,
      hosts: rates.map(() => host),
      samples: here(samples),
      division: { rates, instances: here(division.instances), aggregate, median: median(ascending(rates)) ?? 0 },
    }
  })
}
