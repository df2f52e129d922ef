import { isDeepEqual } from '../../model/deep-equal.ts'
import type { Direction, Factors } from '../../model/journal-record.ts'
import type { Report, ReportCell } from '../../model/report.ts'

interface Place {
  readonly memoryMb: number | null
  readonly direction: Direction
  readonly factors: Factors
}

/** The cells that a finding rests on. */
export function cellsOf(report: Report, { memoryMb, direction, factors }: Place): readonly ReportCell[] {
  return report.cells.filter((cell) => cell.memoryMb === memoryMb && cell.direction === direction && isDeepEqual(cell.factors, factors))
}
