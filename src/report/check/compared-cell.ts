import { describePlace } from '../describe.ts'
import { formatNumber } from '../format.ts'
import { describeInterval } from './cell-rate.ts'
import type { CellRatio } from './report-ratio.ts'

/** One compared cell: `download at 2048 MB, n = 8: WORSE, ratio 0.80 (95 %: 0.75 to 0.86, t-log).`, or why there is none. */
export function describeComparedCell(cell: CellRatio, verdict: string): string {
  const ratio = cell.ratio === null ? 'no ratio' : `ratio ${formatNumber(cell.ratio)} (${describeInterval(cell.interval, formatNumber)})`
  const reasons = cell.reasons.map(({ code, message }) => ` ${message} [${code}]`).join('')
  return `${describePlace(cell)}: ${verdict}, ${ratio}.${reasons}`
}
