import type { Report } from '../model/report.ts'

/** The report as `report.json` holds it and `netfair analyze --json` prints it. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
