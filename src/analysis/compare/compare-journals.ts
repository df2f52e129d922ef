import { InputError } from '../../model/errors.ts'
import type { Journal } from '../../model/journal.ts'
import type { Reason } from '../../model/report.ts'
import { type Cell, journalCells, usedRounds } from '../cell.ts'
import { plainTier } from '../sharing.ts'
import { cellConcurrency, notTheNetwork } from '../sharing-levels.ts'
import { defaultThresholds, type Thresholds } from '../thresholds.ts'
import { usableCells } from '../usable-cells.ts'
import type { ComparedCell, Comparison, ComparisonVerdict } from './comparison.ts'
import { holm } from './holm.ts'
import { compareRates, leastRounds, type Ratio, type RoundRate } from './ratio.ts'

/** A journal and what messages call it. */
export interface NamedJournal {
  readonly name: string
  readonly journal: Journal
}

/** How journals are compared. The thresholds are those of `analyze`. */
export interface CompareOptions extends Partial<Thresholds> {
  /**
   * Ratios from 1 ÷ (1 + margin) to 1 + margin are no difference that matters, > 0. `equivalent` needs the whole 95 % interval inside, `better`
   * and `worse` the ratio outside. Default 0.1.
   */
  readonly margin?: number
}

/** Holm's p at which a difference is one. */
const significance = 0.05

/**
 * Compares journals cell by cell, every one with every later one. Pure.
 *
 * @param journals - two or more of the same probe
 * @throws InputError `TOO_FEW_JOURNALS`, `DIFFERENT_PROBES`, `INVALID_OPTION` (margin)
 */
export function compareJournals(journals: readonly NamedJournal[], { margin = 0.1, ...options }: CompareOptions = {}): Comparison {
  checkComparable(journals)
  if (!(margin > 0))
    throw new InputError('INVALID_OPTION', `compare(): "margin" must be > 0, got ${margin}.`, { hint: 'For example 0.1 for ± 10 %.' })
  const thresholds: Thresholds = { ...defaultThresholds, ...options }
  const sides = journals.map((named): Side => ({ ...named, cells: cellsByKey(named.journal, thresholds), thresholds }))
  const compared = sides.flatMap((from, baseline) =>
    sides.slice(baseline + 1).flatMap((to, offset) => {
      const keys = [...new Set([...from.cells.keys(), ...to.cells.keys()])]
      return keys.map((key) => ({ baseline, candidate: baseline + 1 + offset, ...compareCells(from, to, key) }))
    }),
  )
  const tested = compared.filter(({ test }) => test !== undefined)
  const adjusted = holm(tested.map(({ test }) => (test as Ratio).p))
  const pHolm = new Map(tested.map((cell, index) => [cell, adjusted[index] as number]))
  return {
    schema: 'netfair.comparison/1',
    journals: journals.map(({ name, journal: { experiment } }) => {
      const { id, provider, probe } = experiment
      return { name, id, provider, probe }
    }),
    cells: compared.map((cell) => finished(cell, pHolm.get(cell) ?? null, margin)),
  }
}

function checkComparable(journals: readonly NamedJournal[]): void {
  if (journals.length < 2)
    throw new InputError('TOO_FEW_JOURNALS', `A comparison needs two journals or more, got ${journals.length}.`, {
      hint: 'Name another one.',
    })
  const [first, ...others] = journals as [NamedJournal, ...NamedJournal[]]
  const probe = ({ journal }: NamedJournal): string => journal.experiment.probe.name
  const other = others.find((journal) => probe(journal) !== probe(first))
  if (other === undefined) return
  throw new InputError('DIFFERENT_PROBES', `${first.name} was measured by ${probe(first)}, ${other.name} by ${probe(other)}.`, {
    hint: 'Compare journals of the same probe: otherwise the probes differ, and nobody knows whether the networks do.',
  })
}

/** One of the journals that are compared. */
interface Side extends NamedJournal {
  readonly cells: ReadonlyMap<string, Cell>
  readonly thresholds: Thresholds
}

function cellsByKey(journal: Journal, thresholds: Thresholds): ReadonlyMap<string, Cell> {
  const cells = journalCells(journal, thresholds)
  return new Map(cells.map((cell) => [JSON.stringify([cell.direction, cell.factors, cell.memoryMb, cell.concurrency]), cell] as const))
}

/** A download beside uploads is not a download alone. */
function otherLoad(a: Cell, b: Cell): readonly Reason[] {
  const [one, other] = [a, b].map(({ rounds }) => rounds.some(({ round }) => round.direction === 'both'))
  if (one === other) return []
  return [{ code: 'one-sided', message: 'One of the journals measured both directions at the same time, the other one alone.' }]
}

interface Compared {
  readonly cell: Cell
  readonly test?: Ratio
  readonly reasons: readonly Reason[]
}

function compareCells(from: Side, to: Side, key: string): Compared {
  const [a, b] = [from.cells.get(key), to.cells.get(key)]
  const cell = (a ?? b) as Cell
  if (a === undefined || b === undefined) {
    const [has, lacks] = a === undefined ? [to, from] : [from, to]
    return { cell, reasons: [{ code: 'one-sided', message: `${has.name} has this cell, ${lacks.name} has not.` }] }
  }
  const reasons = [...otherLoad(a, b), ...obstacles(a, from), ...obstacles(b, to)]
  if (reasons.length > 0) return { cell, reasons }
  // Hosts of different providers are different hosts, whatever their names.
  const sameHosts = from.journal.experiment.provider.name === to.journal.experiment.provider.name
  return { cell, test: compareRates(rates(a, sameHosts), rates(b, sameHosts)), reasons: [] }
}

/** Why a side's cell is no witness; each reason says whose. */
function obstacles(cell: Cell, { name, journal, thresholds }: Side): readonly Reason[] {
  const { reasons } = usableCells([cell], notTheNetwork, cellConcurrency, {
    ...thresholds,
    minimumRounds: Math.max(leastRounds, thresholds.minimumRounds),
  })
  const still = rates(cell, false).some(({ rate }) => !(rate > 0))
  const nothing: readonly Reason[] = still ? [{ code: 'no-bytes', message: 'In some rounds nothing was moved.' }] : []
  const tier = journal.experiment.provider.tier === 'plain' ? [plainTier] : []
  return [...tier, ...reasons, ...nothing].map((reason) => ({ ...reason, message: `${name}: ${reason.message}` }))
}

function rates(cell: Cell, blocked: boolean): readonly RoundRate[] {
  return usedRounds(cell).map(({ round, host, division }) => ({
    block: host === undefined || !blocked ? undefined : JSON.stringify([host, round.repetition]),
    rate: division.aggregate / division.rates.length,
  }))
}

function finished(
  { baseline, candidate, cell, test, reasons }: Compared & Pick<ComparedCell, 'baseline' | 'candidate'>,
  pHolm: number | null,
  margin: number,
): ComparedCell {
  const { memoryMb, concurrency, direction, factors } = cell
  const place = { baseline, candidate, memoryMb, concurrency, direction, factors }
  if (test === undefined || pHolm === null)
    return { ...place, pairing: null, ratio: null, interval: null, effect: null, pHolm: null, verdict: 'inconclusive', reasons }
  const { pairing, ratio, interval, effect } = test
  const verdict = judge(test, pHolm, margin)
  return {
    ...place,
    pairing,
    ratio,
    interval,
    effect,
    pHolm,
    verdict,
    reasons: verdict === 'inconclusive' ? [undecided(test, pHolm, margin)] : [],
  }
}

function judge({ ratio, interval }: Ratio, pHolm: number, margin: number): ComparisonVerdict {
  const [least, most] = [1 / (1 + margin), 1 + margin]
  if (interval.low >= least && interval.high <= most) return 'equivalent'
  if (pHolm > significance) return 'inconclusive'
  return ratio > most ? 'better' : ratio < least ? 'worse' : 'inconclusive'
}

function undecided({ ratio }: Ratio, pHolm: number, margin: number): Reason {
  const percent = `${(margin * 100).toFixed(0)} %`
  const small = ratio <= 1 + margin && ratio >= 1 / (1 + margin)
  const message =
    pHolm > significance
      ? `The rounds differ too much to tell a difference from none, or to rule out one of ${percent}. More rounds may help.`
      : `There is a difference${small ? ` of less than ${percent}` : ''}, but one of ${percent} cannot be ruled out. More rounds may help.`
  return { code: 'rounds', message }
}
