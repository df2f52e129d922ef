import { InputError } from '../../model/errors.ts'
import type { ClaimOptions } from '../../run/expectations-filter.ts'

/** What a report says about one claim at one place. */
export interface Outcome {
  readonly outcome: 'holds' | 'fails' | 'inconclusive'
  /** A sentence that begins with the place: verdict or figure, interval, reasons. */
  readonly sentence: string
  /** The larger, the worse: sorts the places. */
  readonly badness: number
}

/** A claim about a report, tested at every place that the filter matches. */
export interface CheckedClaim {
  readonly pass: boolean
  /** The opposite was shown at one place at least; with `allowInconclusive` also where it cannot be told. */
  readonly refuted: boolean
  /** Of what was claimed: `the network to be isolated up to 16 functions`. */
  readonly claim: string
  /** Worst first. */
  readonly outcomes: readonly Outcome[]
}

/**
 * Sums the places up: all of them must hold.
 * @throws InputError `NOTHING_MATCHES` where there is no place: a test that cannot fail is none
 */
export function checkedClaim(claim: string, outcomes: readonly Outcome[], { allowInconclusive = false }: ClaimOptions): CheckedClaim {
  const rank = { fails: 0, inconclusive: 1, holds: 2 }
  const worstFirst = [...outcomes].sort((a, b) => rank[a.outcome] - rank[b.outcome] || b.badness - a.badness)
  const pass = outcomes.every(({ outcome }) => outcome === 'holds' || (allowInconclusive && outcome === 'inconclusive'))
  const refuted = outcomes.some(({ outcome }) => outcome === 'fails' || (allowInconclusive && outcome === 'inconclusive'))
  return { pass, refuted, claim, outcomes: worstFirst }
}

export function nothingMatches(claim: string, filter: object, places: readonly string[]): InputError {
  const { allowInconclusive: _, ...asked } = filter as ClaimOptions
  const known = [...new Set(places)].slice(0, 12).join('; ')
  return new InputError('NOTHING_MATCHES', `Expected ${claim}, but nothing in the report matches ${JSON.stringify(asked)}.`, {
    hint: known === '' ? 'The report has no such finding: measure more levels.' : `The report has: ${known}.`,
  })
}

/** So many places are shown; the others are counted. */
const mostShown = 5

/** What was expected, and what the report says instead, worst first. */
export function failureMessage({ claim, outcomes }: CheckedClaim): string {
  const bad = outcomes.filter(({ outcome }) => outcome !== 'holds')
  const lines = bad.slice(0, mostShown).map(({ sentence }) => `  ${sentence}`)
  const more = bad.length > mostShown ? [`  … and ${bad.length - mostShown} more.`] : []
  return [`Expected ${claim}; this does not hold at ${bad.length} of ${outcomes.length}, worst first:`, ...lines, ...more].join('\n')
}

/** For `.not`: what holds although it should not, or cannot be told. */
export function notRefutedMessage({ claim, outcomes }: CheckedClaim): string {
  const lines = outcomes.slice(0, mostShown).map(({ sentence }) => `  ${sentence}`)
  const holds = outcomes.every(({ outcome }) => outcome === 'holds')
  const what = holds ? `it holds at all ${outcomes.length}` : 'this was not shown, some of it cannot be told'
  return [`Expected not ${claim}, but ${what}:`, ...lines].join('\n')
}
