import { checkOptions } from '../../model/options.ts'
import type { FairnessFinding, Report } from '../../model/report.ts'
import { type FairOptions, fairSchema } from '../../run/expectations.ts'
import { matches } from '../../run/expectations-filter.ts'
import { describeFairness, describePlace } from '../describe.ts'
import { formatShare } from '../format.ts'
import { describeInterval } from './cell-rate.ts'
import { cellsOf } from './cells-of.ts'
import { type CheckedClaim, checkedClaim, nothingMatches, type Outcome } from './claim.ts'

/** Whether the network is divided fairly: in every cell of two functions or more that matches. */
export function checkFair(report: Report, given: FairOptions = {}): CheckedClaim {
  const options = checkOptions<FairOptions>('fair', given, fairSchema)
  const { minimumJain } = options
  const claim = minimumJain === undefined ? 'fair shares' : `fair shares with a corrected Jain index of at least ${minimumJain}`
  const found = report.fairness.filter((finding) => matches(options, finding))
  if (found.length === 0) throw nothingMatches(claim, options, report.fairness.map(describePlace))
  return checkedClaim(
    claim,
    found.map((finding) => outcome(finding, report, minimumJain)),
    options,
  )
}

function outcome(finding: FairnessFinding, report: Report, minimumJain = 0): Outcome {
  const { verdict, jainCorrected, interval } = finding
  const cell = cellsOf(report, finding).find(({ concurrency }) => concurrency === finding.concurrency)
  const worst = cell?.fairness?.worstToFair ?? null
  const below = verdict === 'fair' && jainCorrected !== null && jainCorrected < minimumJain
  const sentences = [
    describeFairness(finding),
    below ? `That is below ${minimumJain}.` : [],
    interval === null ? [] : `Interval of the index: ${describeInterval(interval, formatShare)}.`,
    worst === null ? [] : `The worst function gets ${formatShare(worst)} of its fair share.`,
  ]
  return {
    outcome: verdict === 'inconclusive' ? 'inconclusive' : verdict === 'fair' && !below ? 'holds' : 'fails',
    sentence: sentences.flat().join(' '),
    badness: 1 - Math.min(jainCorrected ?? 0, worst ?? 1),
  }
}
