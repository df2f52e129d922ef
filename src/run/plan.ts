import { seededRandom, shuffled } from '../analysis/seeded-random.ts'
import { InputError } from '../model/errors.ts'
import type { Factors, RoundDirection } from '../model/journal-record.ts'
import type { Platform } from '../model/platform.ts'
import type { Probe } from '../model/probe.ts'
import { type Quote, quoteOf } from '../pricing/quote.ts'
import { aggressorCells, type Roles } from './aggressor.ts'
import { type ContentionQuote, contentionQuote, contentionRoundsAtMost } from './contention-plan.ts'
import type { Experiment } from './experiment.ts'
import { combinationsOf, deployedLevels, type Place, placeName, probeAt } from './provider-factors.ts'
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
  /** Tests of co-location that follow, at most; their time and cost are in `expectedMs` and `quote`. */
  readonly contention?: ContentionQuote
  /** Of all rounds together, without deployment. An estimate; with a stopping rule or a budget: at most so long. */
  readonly expectedMs: number
  /** What it will cost; null where nothing is billed or no price is known. With a stopping rule or a budget: at most so much. */
  readonly quote: PlannedQuote | null
  /** Why there is no quote, where functions are billed. */
  readonly unpriced?: InputError
  /** Of everything that must be equal when a run is resumed. */
  readonly hash: string
}

/** A quote of all rounds. */
export interface PlannedQuote extends Quote {
  /** Of the rounds that run in any case, in US dollars: without a stopping rule all. */
  readonly leastUsd: number
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
  const tests = contentionRoundsAtMost(experiment)
  const contention = contentionQuote(experiment)
  const expectedMs = [...rounds, ...tests].reduce((sum, round) => sum + wallMs(round, experiment), 0)
  const { stop, budget } = experiment
  const sure = rounds.filter(({ repetition }) => stop === undefined || repetition < stop.minimum)
  const limits = {
    ...(stop !== undefined && { stop }),
    ...(budget !== undefined && { budget }),
    ...(contention !== undefined && { contention }),
  }
  return { cells, rounds, ...limits, expectedMs, ...plannedQuote(experiment, [...rounds, ...tests], sure), hash: planHash(experiment) }
}

function wallMs(round: PlannedRound, { restMs }: Experiment): number {
  return measuredMs(round) + roundOverheadMs + restMs
}

function plannedQuote(
  experiment: Experiment,
  rounds: readonly PlannedRound[],
  sure: readonly PlannedRound[],
): Pick<Plan, 'quote' | 'unpriced'> {
  if (experiment.provider.billedAs === undefined) return { quote: null }
  try {
    const quote = quoteRounds(experiment, experiment.provider.billedAs, rounds)
    const leastUsd = sure.length === rounds.length ? quote.usd : quoteRounds(experiment, experiment.provider.billedAs, sure).usd
    return { quote: { ...quote, leastUsd } }
  } catch (error) {
    if (error instanceof InputError && error.code === 'PRICE_UNKNOWN') return { quote: null, unpriced: error }
    throw error
  }
}

/** What these rounds will cost, run in this order on new instances. */
export function quoteRounds(experiment: Experiment, platform: Platform, rounds: readonly PlannedRound[]): Quote {
  const quoted = rounds.map((round) => ({
    ...round,
    deployment: placeName(placeOf(round, experiment)),
    measuredMs: measuredMs(round),
    wallMs: wallMs(round, experiment),
  }))
  return quoteOf({ platform, rounds: quoted, targets: experiment.targets.length, options: experiment.quote })
}

function cellsOf({ memoryMb, direction, factors, ...experiment }: Experiment): readonly Cell[] {
  return memoryMb.flatMap((memory) =>
    direction.flatMap((way) =>
      combinationsOf(factors).flatMap((level) => {
        const probe = probeAt(experiment.probe, level, experiment.provider)
        const place = { probe, memoryMb: memory, direction: way, factors: level }
        if (experiment.aggressor === undefined) return experiment.concurrency.map((concurrency) => ({ ...place, concurrency }))
        return aggressorCells(experiment.aggressor, probe).map((cell) => ({ ...place, ...cell, factors: { ...level, ...cell.factors } }))
      }),
    ),
  )
}

/** Where the functions of a cell run. */
export function placeOf({ memoryMb, factors }: Pick<Cell, 'memoryMb' | 'factors'>, { provider }: Pick<Experiment, 'provider'>): Place {
  return { memoryMb, levels: deployedLevels(factors, provider) }
}

/** How long the slowest function of a round measures. */
export function measuredMs({ probe, roles }: Pick<Cell, 'probe' | 'roles'>): number {
  return Math.max(probe.expectedMs, roles?.neighbour.expectedMs ?? 0)
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

/** The budget is left out: a run that reached it goes on when it is raised. So are expectations and what the quote assumes: they do not change what is measured. */
function planHash({ provider, probe, targets, budget: _, expectations: __, quote: ___, ...rest }: Experiment): string {
  const { name, version, params } = probe
  const what = { ...rest, provider: provider.name, options: provider.options, probe: { name, version, params }, targets: targets.length }
  // Loaded on first use: it takes as long as all the rest of netfair's import.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)
}
