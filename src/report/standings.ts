import type { ComparedCell, Comparison } from '../analysis/compare/comparison.ts'
import { isDeepEqual } from '../model/deep-equal.ts'
import type { Report, ReportCell } from '../model/report.ts'
import { describePlace } from './describe.ts'

/** How journals are called in tables. */
export const letter = (index: number): string => (index < 26 ? String.fromCharCode(65 + index) : `#${index + 1}`)

/** One journal in one cell. */
export interface Standing {
  readonly place: string
  /** Index into the comparison's journals. */
  readonly journal: number
  /** Aggregate ÷ n, in bits per second. */
  readonly rate: number | null
  readonly jain: number | null
  readonly fairness: string
  readonly sharing: string
  /** Against the one with the highest rate: `best`, `tied with A`, `worse than A`, `cannot be told from A`. */
  readonly standing: string
}

type Place = Pick<ComparedCell, 'memoryMb' | 'concurrency' | 'direction' | 'factors'>

/** Every journal's rate, fairness and verdict in every cell, the highest rate first. Ties are named, never ranked by point estimates. */
export function standings({ cells }: Comparison, reports: readonly Report[]): readonly Standing[] {
  const places = new Map(cells.map((cell) => [describePlace(cell), cell] as const))
  return [...places].flatMap(([name, place]) => {
    const compared = cells.filter((cell) => samePlace(cell, place))
    const present = reports.flatMap((report, journal) => {
      const cell = report.cells.find((own) => samePlace(own, place))
      return cell === undefined ? [] : [{ journal, report, cell, rate: rateOf(cell) }]
    })
    const byRate = present.sort((a, b) => (b.rate ?? -1) - (a.rate ?? -1))
    const tested = (journal: number) => compared.some((cell) => cell.ratio !== null && [cell.baseline, cell.candidate].includes(journal))
    const best = byRate.find(({ journal }) => tested(journal))?.journal
    return byRate.map(
      ({ journal, report, cell, rate }): Standing => ({
        place: name,
        journal,
        rate,
        jain: cell.fairness?.jain ?? null,
        ...verdicts(report, place),
        standing: best === undefined || !tested(journal) ? 'not compared' : standing(journal, best, compared),
      }),
    )
  })
}

function samePlace(a: Place, b: Place): boolean {
  const same = a.memoryMb === b.memoryMb && a.concurrency === b.concurrency && a.direction === b.direction
  return same && isDeepEqual(a.factors, b.factors)
}

function rateOf({ aggregate, concurrency }: ReportCell): number | null {
  return aggregate.medianBitsPerSecond === null ? null : aggregate.medianBitsPerSecond / concurrency
}

function verdicts(report: Report, place: Place): Pick<Standing, 'fairness' | 'sharing'> {
  const sharing = report.sharing.find((finding) => samePlace({ ...finding, concurrency: place.concurrency }, place))
  return {
    fairness: report.fairness.find((finding) => samePlace(finding, place))?.verdict ?? '–',
    sharing: sharing?.verdict ?? '–',
  }
}

function standing(journal: number, best: number, compared: readonly ComparedCell[]): string {
  const pairs = compared.filter((cell) => cell.ratio !== null && [cell.baseline, cell.candidate].includes(journal))
  const rival = ({ baseline, candidate }: ComparedCell): number => (baseline === journal ? candidate : baseline)
  const withVerdict = (verdict: ComparedCell['verdict'], among = pairs): string =>
    among
      .filter((cell) => cell.verdict === verdict)
      .map((cell) => letter(rival(cell)))
      .join(', ')
  const ties = withVerdict('equivalent')
  const untold = withVerdict(
    'inconclusive',
    pairs.filter((cell) => journal === best || rival(cell) === best),
  )
  const own = pairs.find((cell) => journal !== best && rival(cell) === best)
  const told = own?.verdict === 'better' || own?.verdict === 'worse'
  // The medians of the rates and the ratio of the means may disagree about who is best: the test has the last word.
  const ahead = (own?.candidate === journal) === (own?.verdict === 'better')
  const words = [
    told ? `${ahead ? 'better' : 'worse'} than ${letter(best)}` : '',
    ties && `tied with ${ties}`,
    untold && `cannot be told from ${untold}`,
  ].filter(Boolean)
  return words.length === 0 ? (journal === best ? 'best' : 'not compared with the best') : words.join('; ')
}
