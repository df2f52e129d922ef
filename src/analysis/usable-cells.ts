import type { Bottleneck, Reason, ReasonCode } from '../model/report.ts'
import { type Cell, usedRounds } from './cell.ts'
import type { Thresholds } from './thresholds.ts'

/** Cells that a verdict may rest on, and why the others may not. */
export interface UsableCells {
  readonly usable: readonly Cell[]
  readonly reasons: readonly Reason[]
  /** Cells with too many failed rounds. */
  readonly failing: readonly Cell[]
}

/** How cells are called in reasons: `n = 8`, `512 MB`. */
export type CellName = (cell: Cell) => string

const bottleneckCode: Readonly<Partial<Record<Bottleneck, ReasonCode>>> = {
  cpu: 'cpu-bound',
  target: 'target-saturated',
  host: 'host-saturated',
}

/** @param barred - bottlenecks that keep a cell out */
export function usableCells(cells: readonly Cell[], barred: readonly Bottleneck[], name: CellName, thresholds: Thresholds): UsableCells {
  const usable: Cell[] = []
  const left = new Map<ReasonCode, Cell[]>()
  for (const cell of cells) {
    const codes = obstacles(cell, barred, thresholds)
    if (codes.length === 0) usable.push(cell)
    for (const code of codes) left.set(code, [...(left.get(code) ?? []), cell])
  }
  const reasons = [...left].map(([code, out]) => ({ code, message: `${out.map(name).join(', ')}: ${why[code] ?? code}.` }))
  return { usable, reasons: reasons.sort((a, b) => (a.code < b.code ? -1 : 1)), failing: left.get('failed-invocation') ?? [] }
}

function obstacles(cell: Cell, barred: readonly Bottleneck[], thresholds: Thresholds): readonly ReasonCode[] {
  if (failedShare(cell) > thresholds.maximumFailedRounds) return ['failed-invocation']
  const bottleneck = barred.includes(cell.bottleneck) ? bottleneckCode[cell.bottleneck] : undefined
  if (bottleneck !== undefined) return [bottleneck]
  const bottlenecks = cell.rounds.flatMap((round) => round.bottleneck ?? [])
  const held = bottlenecks.filter((name) => barred.includes(name))
  // Half of the rounds held back by this and half by that: the cell has no one bottleneck, and is no witness all the same.
  if (held.length > bottlenecks.length / 2) return [...new Set(held)].sort().flatMap((name) => bottleneckCode[name] ?? [])
  const used = new Set(usedRounds(cell).map(({ round }) => round.id))
  if (used.size >= thresholds.minimumRounds) return []
  const excluded = cell.rounds.flatMap(({ exclusion }) => (exclusion === undefined ? [] : (exclusion.code as ReasonCode)))
  return [...new Set<ReasonCode>(['rounds', ...excluded])]
}

/** Share of the completed rounds in which a function failed or could not run. */
function failedShare({ rounds }: Cell): number {
  const completed = rounds.filter(({ exclusion }) => exclusion?.code !== 'incomplete')
  const failed = completed.filter(({ exclusion }) => exclusion?.code === 'failed-invocation')
  return completed.length === 0 ? 0 : failed.length / completed.length
}

const why: Readonly<Partial<Record<string, string>>> = {
  'failed-invocation': 'in too many rounds a function failed',
  'cpu-bound': "the functions' own CPU quota, not the network, set the rate",
  'target-saturated': 'the target was saturated',
  'host-saturated': "the host's CPU was saturated",
  rounds: 'too few used rounds',
  overlap: 'the functions did not run at the same time in some rounds',
  clock: 'the clocks were too uncertain for so short a window in some rounds',
  'reused-instances': 'some invocations had to share an instance',
  burst: 'some rounds may have seen nothing but the burst of a token bucket',
  conflict: 'the journal contradicts itself about some rounds',
  incomplete: 'some rounds were not completed',
  'no-direction': 'the direction of some samples is not known',
  'no-bytes': 'no bytes were counted in some rounds',
}
