import type { ReportCell, ReportInterval } from '../../model/report.ts'
import { formatRate } from '../format.ts'

/** Rate of the median function with its interval: `20.1 Mbit/s each (95 %: 19.8 Mbit/s to 20.4 Mbit/s, order-statistic)`. */
export function describeRate({ perFunction }: ReportCell): string {
  const { medianBitsPerSecond, interval } = perFunction
  if (medianBitsPerSecond === null) return 'no known rate'
  return `${formatRate(medianBitsPerSecond)} each (${describeInterval(interval, formatRate)})`
}

export function describeInterval(interval: ReportInterval | null, format: (value: number) => string): string {
  return interval === null ? 'no interval' : `95 %: ${format(interval.low)} to ${format(interval.high)}, ${interval.method}`
}
