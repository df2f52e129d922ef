import { checkOptions } from '../../model/options.ts'
import type { Report, ReportCell, SharingFinding } from '../../model/report.ts'
import { type IsolatedOptions, isolatedSchema } from '../../run/expectations.ts'
import { matches } from '../../run/expectations-filter.ts'
import { describePlace, describeSharing } from '../describe.ts'
import { describeRate } from './cell-rate.ts'
import { cellsOf } from './cells-of.ts'
import { type CheckedClaim, checkedClaim, nothingMatches, type Outcome } from './claim.ts'

/** Whether functions do not share the network: at every memory size, direction and factor level that matches. */
export function checkIsolated(report: Report, given: IsolatedOptions = {}): CheckedClaim {
  const options = checkOptions<IsolatedOptions>('isolated', given, isolatedSchema)
  const claim = options.upTo === undefined ? 'isolated functions' : `functions isolated up to ${options.upTo}`
  const found = report.sharing.filter((finding) => matches(options, finding))
  if (found.length === 0) throw nothingMatches(claim, options, report.sharing.map(describePlace))
  return checkedClaim(
    claim,
    found.map((finding) => outcome(finding, report, options)),
    options,
  )
}

function outcome(finding: SharingFinding, report: Report, { upTo }: IsolatedOptions): Outcome {
  const worst = slowest(finding, report)
  const at = worst === undefined ? '' : ` Worst cell: n = ${worst.concurrency}, ${describeRate(worst)}.`
  const reached = finding.upToConcurrency ?? 0
  const short = finding.verdict === 'isolated' && upTo !== undefined && reached < upTo
  const beyond = short ? ` Nothing is known beyond ${reached} functions.` : ''
  return {
    outcome: short ? 'inconclusive' : judge(finding, upTo),
    sentence: `${describeSharing(finding)}${beyond}${at}`,
    badness: 1 - (finding.isolationIndex ?? 0),
  }
}

/** A cap isolates up to its knee: below it each function has its full rate, however many others run. */
function judge({ verdict, knee, upToConcurrency }: SharingFinding, upTo: number | undefined): Outcome['outcome'] {
  if (verdict === 'inconclusive') return 'inconclusive'
  if (verdict === 'isolated') return 'holds'
  if (upTo === undefined || knee === null || (upToConcurrency ?? 0) < upTo) return 'fails'
  if (knee.low !== null && knee.low >= upTo) return 'holds'
  return (knee.high ?? knee.value) < upTo ? 'fails' : 'inconclusive'
}

/** The cell of the ladder whose functions get least. */
function slowest(finding: SharingFinding, report: Report): ReportCell | undefined {
  const rate = (cell: ReportCell): number => cell.perFunction.medianBitsPerSecond ?? Number.POSITIVE_INFINITY
  return [...cellsOf(report, finding)].sort((a, b) => rate(a) - rate(b))[0]
}
