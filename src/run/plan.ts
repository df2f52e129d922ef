import { createHash } from 'node:crypto'
import { seededRandom, shuffled } from '../analysis/seeded-random.ts'
import type { Factors, FactorValue, RoundDirection } from '../model/journal-record.ts'
import type { Probe } from '../model/probe.ts'
import type { Experiment } from './experiment.ts'

/** One combination of factor levels. */
export interface Cell {
  /** The experiment's probe, its parameters at the levels of the factors. */
  readonly probe: Probe
  readonly memoryMb: number
  readonly concurrency: number
  readonly direction: RoundDirection
  readonly factors: Factors
}

/** One planned execution of a cell. */
export interface PlannedRound extends Cell {
  /** Says the cell and the repetition; the same in every run of the same plan. */
  readonly id: string
  readonly repetition: number
}

/** What `run` will do, and in which order. */
export interface Plan {
  readonly cells: readonly Cell[]
  /** In the order of execution: every repetition runs all cells once, shuffled by the seed. */
  readonly rounds: readonly PlannedRound[]
  /** Of all rounds together, without deployment. An estimate. */
  readonly expectedMs: number
  /** What it will cost, in US dollars; null where nothing is billed or no price is known. */
  readonly quote: { readonly usd: number } | null
  /** Of everything that must be equal when a run is resumed. */
  readonly hash: string
}

/** From the first invocation to the agreed start, and from the last byte to the record on disk: seen on a local host, in ms. */
const roundOverheadMs = 600

/** Cells, order, expected duration and quote of an experiment. Pure: touches neither network nor disk. */
export function plan(experiment: Experiment): Plan {
  const cells = cellsOf(experiment)
  const random = seededRandom(experiment.seed)
  const rounds = Array.from({ length: experiment.repetitions }, (_, repetition) =>
    shuffled(cells, random).map((cell) => ({ ...cell, id: roundId(cell, repetition), repetition })),
  ).flat()
  const expectedMs = rounds.reduce((sum, { probe }) => sum + probe.expectedMs + roundOverheadMs + experiment.restMs, 0)
  return { cells, rounds, expectedMs, quote: null, hash: planHash(experiment) }
}

function cellsOf({ probe, memoryMb, concurrency, direction, factors }: Experiment): readonly Cell[] {
  return memoryMb.flatMap((memory) =>
    direction.flatMap((way) =>
      factorLevels(factors).flatMap((level) =>
        concurrency.map((n) => ({ probe: probe.withParams(level), memoryMb: memory, concurrency: n, direction: way, factors: level })),
      ),
    ),
  )
}

/** All combinations of the levels of all factors; one empty combination where there are none. */
function factorLevels(factors: Readonly<Record<string, readonly FactorValue[]>>): readonly Factors[] {
  return Object.entries(factors).reduce<readonly Factors[]>(
    (combinations, [name, values]) => combinations.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value }))),
    [{}],
  )
}

function roundId({ memoryMb, concurrency, direction, factors }: Omit<Cell, 'probe'>, repetition: number): string {
  const levels = Object.entries(factors).map(([name, value]) => `${name}=${value}`)
  return [`${memoryMb}MB`, `n${concurrency}`, direction, ...levels, `r${repetition}`].join('-')
}

function planHash({ provider, probe, targets, ...rest }: Experiment): string {
  const { name, version, params } = probe
  const what = { ...rest, provider: provider.name, options: provider.options, probe: { name, version, params }, targets: targets.length }
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)
}
