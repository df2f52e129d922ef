import { createHash } from 'node:crypto'
import { seededRandom, shuffled } from '../analysis/seeded-random.ts'
import type { Factors, FactorValue, RoundDirection } from '../model/journal-record.ts'
import type { Probe } from '../model/probe.ts'
import { aggressorCells, type Roles } from './aggressor.ts'
import type { Experiment } from './experiment.ts'
import type { Budget, StopRule } from './stopping.ts'

/** One combination of factor levels. */
export interface Cell {
  /** The experiment's probe, its parameters at the levels of the factors. */
  readonly probe: Probe
  readonly memoryMb: number
  readonly concurrency: number
  readonly direction: RoundDirection
  readonly factors: Factors
  /** Where some of the functions are victims, and the others their neighbours. */
  readonly roles?: Roles
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
  /** In the order of execution: every repetition runs all cells once, shuffled by the seed. With a stopping rule: at most these. */
  readonly rounds: readonly PlannedRound[]
  /** When fewer rounds are enough. */
  readonly stop?: StopRule
  readonly budget?: Budget
  /** Of all rounds together, without deployment. An estimate; with a stopping rule or a budget: at most so long. */
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
  const expectedMs = rounds.reduce((sum, round) => sum + measuredMs(round) + roundOverheadMs + experiment.restMs, 0)
  const { stop, budget } = experiment
  const limits = { ...(stop !== undefined && { stop }), ...(budget !== undefined && { budget }) }
  return { cells, rounds, ...limits, expectedMs, quote: null, hash: planHash(experiment) }
}

function cellsOf({ memoryMb, direction, factors, ...experiment }: Experiment): readonly Cell[] {
  return memoryMb.flatMap((memory) =>
    direction.flatMap((way) =>
      factorLevels(factors).flatMap((level) => {
        const probe = experiment.probe.withParams(level)
        const place = { probe, memoryMb: memory, direction: way, factors: level }
        if (experiment.aggressor === undefined) return experiment.concurrency.map((concurrency) => ({ ...place, concurrency }))
        return aggressorCells(experiment.aggressor, probe).map((cell) => ({ ...place, ...cell, factors: { ...level, ...cell.factors } }))
      }),
    ),
  )
}

/** How long the slowest function of a round measures. */
export function measuredMs({ probe, roles }: Pick<Cell, 'probe' | 'roles'>): number {
  return Math.max(probe.expectedMs, roles?.neighbour.expectedMs ?? 0)
}

/** All combinations of the levels of all factors; one empty combination where there are none. */
function factorLevels(factors: Readonly<Record<string, readonly FactorValue[]>>): readonly Factors[] {
  return Object.entries(factors).reduce<readonly Factors[]>(
    (combinations, [name, values]) => combinations.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value }))),
    [{}],
  )
}

function roundId(cell: Cell, repetition: number): string {
  return `${cellId(cell)}-r${repetition}`
}

/** Names a cell, also by one of its rounds. */
export function cellId(of: Cell | Pick<PlannedRound, 'id' | 'repetition'>): string {
  if ('id' in of) return of.id.slice(0, -`-r${of.repetition}`.length)
  const levels = Object.entries(of.factors).map(([name, value]) => `${name}=${value}`)
  return [`${of.memoryMb}MB`, `n${of.concurrency}`, of.direction, ...levels].join('-')
}

/** The budget is left out: a run that reached it goes on when it is raised. So are expectations: they do not change what is measured. */
function planHash({ provider, probe, targets, budget: _, expectations: __, ...rest }: Experiment): string {
  const { name, version, params } = probe
  const what = { ...rest, provider: provider.name, options: provider.options, probe: { name, version, params }, targets: targets.length }
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)
}
