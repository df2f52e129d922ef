import { checkOptions } from '../../model/options.ts'
import type { Report, ReportCell } from '../../model/report.ts'
import { type BandwidthOptions, bandwidthSchema } from '../../run/expectations.ts'
import { matches } from '../../run/expectations-filter.ts'
import { describePlace } from '../describe.ts'
import { formatRate } from '../format.ts'
import { describeRate } from './cell-rate.ts'
import { type CheckedClaim, checkedClaim, nothingMatches, type Outcome } from './claim.ts'

/** Whether the median function gets at least so much, with 95 % confidence: in every cell that matches. */
export function checkBandwidth(report: Report, given: BandwidthOptions): CheckedClaim {
  const options = checkOptions<BandwidthOptions>('bandwidth', given, bandwidthSchema)
  const claim = `at least ${formatRate(options.atLeastBitsPerSecond)} for the median function`
  const found = report.cells.filter((cell) => matches(options, cell))
  if (found.length === 0) throw nothingMatches(claim, options, report.cells.map(describePlace))
  return checkedClaim(
    claim,
    found.map((cell) => outcome(cell, options.atLeastBitsPerSecond)),
    options,
  )
}

function outcome(cell: ReportCell, atLeast: number): Outcome {
  const { medianBitsPerSecond, interval } = cell.perFunction
  const doubt = whyUnknown(cell, atLeast)
  const { low = 0, high = 0 } = interval ?? {}
  const verdict = doubt !== undefined ? 'inconclusive' : low >= atLeast ? 'holds' : high < atLeast ? 'fails' : 'inconclusive'
  const across = verdict === 'inconclusive' ? 'cannot tell: the interval reaches across the bar' : undefined
  const why = doubt ?? across
  return {
    outcome: verdict,
    sentence: `${describePlace(cell)}: ${describeRate(cell)}${why === undefined ? '' : `; ${why}`}; bottleneck: ${cell.bottleneck}.`,
    badness: 1 - (medianBitsPerSecond ?? 0) / atLeast,
  }
}

/** A cell without some of its functions tells of the survivors; a saturated target or host tells of itself. */
function whyUnknown({ rounds, roundsUsed, failed, perFunction, bottleneck }: ReportCell, atLeast: number): string | undefined {
  if (failed > 0 && roundsUsed < (1 - mostFailedRounds) * rounds)
    return `cannot tell: ${roundsUsed} of ${rounds} rounds are used, ${failed} samples failed`
  if (perFunction.interval === null) return `cannot tell: ${roundsUsed} used rounds give no interval`
  if ((bottleneck === 'target' || bottleneck === 'host') && perFunction.interval.low < atLeast)
    return `cannot tell: the ${bottleneck} was saturated`
  return undefined
}

/** As in a verdict (`Thresholds.maximumFailedRounds`). */
const mostFailedRounds = 0.2
