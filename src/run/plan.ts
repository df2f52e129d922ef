import { seededRandom, shuffled } from '../analysis/seeded-random.ts'
import { type StoreBilling, storeBilling } from '../analysis/store-billing.ts'
import { InputError } from '../model/errors.ts'
import { type FixedWork, triesAtMost } from '../model/fixed-work.ts'
import type { Factors, RoundDirection } from '../model/journal-record.ts'
import type { Platform } from '../model/platform.ts'
import type { Probe } from '../model/probe.ts'
import { currentPriceBook } from '../pricing/price-book.ts'
import { type Quote, type QuotedRound, quoteOf } from '../pricing/quote.ts'
import { aggressorCells, type Roles } from './aggressor.ts'
import { type ContentionQuote, contentionQuote, contentionRoundsAtMost, TEST_ID, testBytesQuoted } from './contention-plan.ts'
import type { Experiment } from './experiment.ts'
import { expectedWorkMs, longestWorkMs, usualBitsPerSecond } from './fixed-work.ts'
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
  /** Where all functions of a round move a fixed work together. */
  readonly work?: FixedWork
}

/** One planned execution of a cell. */
export interface PlannedRound extends Cell {
  /** It comes before those that count. */
  readonly rehearsal?: true
  /** Says the cell and the repetition; the same in every run of the same plan. */
  readonly id: string
  readonly repetition: number
}

/** What `run` will do, and in which order. */
export interface Plan {
  readonly cells: readonly Cell[]
  /** In the order of execution: every repetition runs all cells once, shuffled by the seed. With a stopping rule: at most these. */
  readonly rounds: readonly PlannedRound[]
  /** Run before all of them, and not recorded: their repetitions are below 0. */
  readonly rehearsals: readonly PlannedRound[]
  /** When fewer rounds are enough. */
  readonly stop?: StopRule
  readonly budget?: Budget
  /** Tests of co-location that follow, at most; their time and cost are in `expectedMs` and `quote`. */
  readonly contention?: ContentionQuote
  /** Of all rounds, rehearsals and tests together, without deployment. An estimate; with a stopping rule or a budget: at most so long. */
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
  const { stop, budget, rehearsals: times = 0 } = experiment
  const rehearsals = Array.from({ length: times }, (_, repetition) =>
    cells.map((cell) => ({ ...cell, id: `rehearsal-${roundId(cell, repetition)}`, repetition, rehearsal: true as const })),
  ).flat()
  const measured = [...rehearsals, ...rounds]
  const tests = contentionRoundsAtMost(experiment)
  const all = [...measured, ...tests]
  const expectedMs = all.reduce((sum, round) => sum + wallMs(round, experiment), 0)
  // Less than silence and one test says nothing.
  const sure = [...rehearsals, ...rounds.filter(({ repetition }) => stop === undefined || repetition < stop.minimum), ...tests.slice(0, 2)]
  const billed = plannedQuote(experiment, all, sure)
  const contention = contentionQuote(experiment, billed.quote && billed.quote.usd - quotedUsd(experiment, measured))
  const limits = {
    ...(stop !== undefined && { stop }),
    ...(budget !== undefined && { budget }),
    ...(contention !== undefined && { contention }),
  }
  return { cells, rounds, rehearsals, ...limits, expectedMs, ...billed, hash: planHash(experiment) }
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
    const leastUsd = sure.length === rounds.length ? quote.usd : quotedUsd(experiment, sure)
    return { quote: { ...quote, leastUsd } }
  } catch (error) {
    if (error instanceof InputError && error.code === 'PRICE_UNKNOWN') return { quote: null, unpriced: error }
    throw error
  }
}

const quotedUsd = (experiment: Experiment, rounds: readonly PlannedRound[]): number =>
  experiment.provider.billedAs === undefined ? 0 : quoteRounds(experiment, experiment.provider.billedAs, rounds).usd

/** What these rounds will cost, run in this order on new instances. */
export function quoteRounds(experiment: Experiment, platform: Platform, rounds: readonly PlannedRound[]): Quote {
  const options = experiment.work === undefined ? experiment.quote : { bitsPerSecond: usualBitsPerSecond, ...experiment.quote }
  const { missing = [], ...store } = storeBilling(experiment, { platform, book: currentPriceBook, asIf: false }) ?? {}
  const quoted = rounds.flatMap((round) => {
    const { work, concurrency } = round
    const tested = round.id.startsWith(TEST_ID) ? testBytesQuoted(experiment) : undefined
    const quotedOnce = {
      ...round,
      ...movedBytes(round),
      ...storeUse(round, store),
      deployment: placeName(placeOf(round, experiment)),
      measuredMs: work === undefined ? measuredMs(round) : expectedWorkMs(work, concurrency, options.bitsPerSecond),
      wallMs: wallMs(round, experiment),
      ...(tested !== undefined && { bytes: tested / concurrency }),
    }
    return work?.mode === 'one-per-invocation' ? inWaves(quotedOnce, work.chunks) : [quotedOnce]
  })
  return quoteOf({ platform, rounds: quoted, targets: experiment.targets.length, options, remarks: missing })
}

/** Payload of each function, where the experiment says it. */
function movedBytes({ work, probe, concurrency }: PlannedRound): Pick<QuotedRound, 'bytes'> {
  const bytes = work === undefined ? probe.objects?.bytes : (work.chunks * work.chunkBytes) / concurrency
  return bytes === undefined ? {} : { bytes }
}

function storeUse(
  { probe: { objects } }: PlannedRound,
  { requests = false, egress = true }: Partial<StoreBilling>,
): Pick<QuotedRound, 'store'> {
  if (objects === undefined) return {}
  return { store: { egress, ...(requests && { bytesPerRequest: objects.chunkBytes / objects.requestsEach }) } }
}

/** A round in which each chunk is an invocation of its own, as rounds of n at once. */
function inWaves(round: QuotedRound, chunks: number): readonly QuotedRound[] {
  const waves = Math.ceil(chunks / round.concurrency)
  const bytes = round.bytes === undefined ? {} : { bytes: (round.bytes * round.concurrency) / chunks }
  const each = { ...round, ...bytes, measuredMs: round.measuredMs / waves, wallMs: round.wallMs / waves }
  return Array.from({ length: waves }, (_, wave) => ({
    ...each,
    concurrency: Math.min(round.concurrency, chunks - wave * round.concurrency),
  }))
}

function cellsOf({ memoryMb, direction, factors, ...experiment }: Experiment): readonly Cell[] {
  return memoryMb.flatMap((memory) =>
    direction.flatMap((way) =>
      combinationsOf(factors).flatMap((level) => {
        const probe = probeAt(experiment.probe, level, experiment.provider)
        const place = { probe, memoryMb: memory, direction: way, factors: level, ...(experiment.work && { work: experiment.work }) }
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

type Length = Pick<Cell, 'probe' | 'roles' | 'work' | 'concurrency'>

/** How long the slowest function of a round measures; of a fixed work an estimate. */
export function measuredMs({ probe, roles, work, concurrency }: Length): number {
  if (work !== undefined) return expectedWorkMs(work, concurrency)
  return Math.max(probe.expectedMs, roles?.neighbour.expectedMs ?? 0)
}

/** How long all invocations of a round together may measure at the very most. */
export function longestRoundMs(round: Length): number {
  return round.work === undefined ? measuredMs(round) : triesAtMost * longestWorkMs(round.work, round.work.chunks)
}

/** How long an invocation may measure at the very most. */
export function longestMeasuredMs(round: Length): number {
  const { work, concurrency } = round
  if (work === undefined) return measuredMs(round)
  return longestWorkMs(work, work.mode === 'pull' ? work.chunks : concurrency)
}

function roundId(cell: Cell, repetition: number): string {
  return `${cellId(cell)}-r${repetition}`
}

/** Names a cell, also by one of its rounds; all tests of contention are one. */
export function cellId(of: Cell | Pick<PlannedRound, 'id' | 'repetition'>): string {
  if ('id' in of) return of.id.startsWith(TEST_ID) ? TEST_ID : of.id.slice(0, -`-r${of.repetition}`.length)
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
