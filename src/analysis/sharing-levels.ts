import type { Bottleneck, Reason, SharingFinding } from '../model/report.ts'
import { type Cell, usedRounds } from './cell.ts'
import { byFunctionsOnHost, mostOnOneHost, onOneHost } from './host-levels.ts'
import type { Thresholds } from './thresholds.ts'
import { usableCells } from './usable-cells.ts'

/** What a curve of sharing is drawn through. */
export interface SharingLevels {
  /** Their `concurrency` is what is counted. */
  readonly usable: readonly Cell[]
  readonly counted: SharingFinding['counted']
  readonly reasons: readonly Reason[]
  /** Here and above, too many functions failed. */
  readonly failingFrom: number
}

/** Bottlenecks under which a cell says nothing about the network. */
export const notTheNetwork: readonly Bottleneck[] = ['cpu', 'target', 'host']

export const cellConcurrency = ({ concurrency }: Cell): string => `n = ${concurrency}`

/** Counts the functions of one host where the hosts of all rounds are known; else those that ran at once. */
export function sharingLevels(cells: readonly Cell[], thresholds: Thresholds): SharingLevels {
  const { usable, reasons, failing } = usableCells(cells, notTheNetwork, cellConcurrency, thresholds)
  const rounds = usable.flatMap(usedRounds)
  const placed = rounds.every(({ hosts }) => hosts !== undefined)
  if (!placed || rounds.every(onOneHost)) {
    const counted = rounds.length === 0 ? null : placed ? 'same-host' : 'concurrent'
    return { usable, counted, reasons, failingFrom: Math.min(...failing.map(({ concurrency }) => concurrency)) }
  }
  const onHosts = usableCells(byFunctionsOnHost(usable), notTheNetwork, ({ concurrency }) => `${concurrency} on one host`, thresholds)
  return {
    usable: onHosts.usable,
    counted: 'same-host',
    reasons: [...reasons, ...onHosts.reasons],
    failingFrom: Math.min(...failing.map(mostOnOneHost)),
  }
}
