import { analyzeJournal } from '../../analysis/analyze-journal.ts'
import { compareJournals } from '../../analysis/compare/compare-journals.ts'
import type { Journal } from '../../model/journal.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Report } from '../../model/report.ts'
import { type CellFilter, type ClaimOptions, filterSchema, matches } from '../../run/expectations-filter.ts'
import { describePlace } from '../describe.ts'
import { formatNumber } from '../format.ts'
import { type CheckedClaim, checkedClaim, nothingMatches, type Outcome } from './claim.ts'
import { describeComparedCell } from './compared-cell.ts'
import { type CellRatio, compareReports } from './report-ratio.ts'

/** Options of the claim that a result is not worse than an earlier one. */
export interface NotWorseOptions extends CellFilter, ClaimOptions {
  /** A ratio down to 1 ÷ (1 + margin) is not worse, > 0. Default 0.1. */
  readonly margin?: number
}

const schema: OptionsSchema = filterSchema({
  margin: { type: 'number', exclusiveMinimum: 0, default: 0.1, description: 'Relative, for example 0.1 for 10 %.' },
})

/**
 * Whether every cell that matches gets at least as much bandwidth as in the baseline, up to a margin, with 95 % confidence.
 *
 * Two journals are compared round by round, in pairs where hosts allow it, as `compare` does. Reports have no rounds: there the ratio is that of the
 * aggregates' medians, its interval from both intervals (Zou and Donner's method on logarithms), which is wider.
 */
export function checkNotWorse(candidate: Report | Journal, baseline: Report | Journal, given: NotWorseOptions = {}): CheckedClaim {
  const options = checkOptions<NotWorseOptions & { margin: number }>('not worse', given, schema)
  const claim = `bandwidth not worse than the baseline by more than ${(options.margin * 100).toFixed(0)} %`
  const all = ratios(candidate, baseline, options.margin)
  const found = all.filter((cell) => matches(options, cell))
  if (found.length === 0) throw nothingMatches(claim, options, all.map(describePlace))
  return checkedClaim(
    claim,
    found.map((cell) => outcome(cell, 1 / (1 + options.margin))),
    options,
  )
}

function ratios(candidate: Report | Journal, baseline: Report | Journal, margin: number): readonly CellRatio[] {
  if (isJournal(candidate) && isJournal(baseline)) {
    const journals = [
      { name: 'the baseline', journal: baseline },
      { name: 'the candidate', journal: candidate },
    ]
    return compareJournals(journals, { margin }).cells
  }
  return compareReports(reportOf(baseline), reportOf(candidate))
}

const isJournal = (source: Report | Journal): source is Journal => 'samples' in source
const reportOf = (source: Report | Journal): Report => (isJournal(source) ? analyzeJournal(source) : source)

function outcome(cell: CellRatio, least: number): Outcome {
  const { ratio, interval } = cell
  const known = interval !== null
  const verdict = known && interval.low >= least ? 'holds' : known && interval.high < least ? 'fails' : 'inconclusive'
  const across = known && verdict === 'inconclusive' ? ` The interval reaches across ${formatNumber(least)}: more rounds may help.` : ''
  return { outcome: verdict, sentence: `${describeComparedCell(cell, words[verdict])}${across}`, badness: 1 / (ratio ?? 1) }
}

const words = { holds: 'not worse', fails: 'WORSE', inconclusive: 'cannot tell' } as const
