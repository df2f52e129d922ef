import type { Comparison } from '../analysis/compare/comparison.ts'
import type { Report } from '../model/report.ts'

/** The report as `report.json` holds it and `netfair analyze --json` prints it. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}

/** The comparison as `netfair compare --json` prints it. */
export function comparisonJson(comparison: Comparison): string {
  return `${JSON.stringify(comparison, null, 2)}\n`
}
