import type { ComparedCell } from '../../analysis/compare/comparison.ts'
import { isDeepEqual } from '../../model/deep-equal.ts'
import { InputError } from '../../model/errors.ts'
import type { Reason, Report, ReportCell, ReportInterval } from '../../model/report.ts'

/** Candidate ÷ baseline in one cell. */
export type CellRatio = Pick<ComparedCell, 'memoryMb' | 'concurrency' | 'direction' | 'factors' | 'ratio' | 'interval' | 'reasons'>

/**
 * Ratios of the aggregates' medians in all cells of two reports.
 *
 * The interval is found from those of both medians: on logarithms, the distances to the near ends added in squares (MOVER; G. Y. Zou and
 * A. Donner, Statistics in Medicine 27, 2008). Null where either has none.
 * @throws InputError `DIFFERENT_PROBES`
 */
export function compareReports(baseline: Report, candidate: Report): readonly CellRatio[] {
  const [from, to] = [baseline.experiment.probe.name, candidate.experiment.probe.name]
  if (from !== to)
    throw new InputError('DIFFERENT_PROBES', `The baseline was measured by ${from}, the candidate by ${to}.`, {
      hint: 'Compare reports of the same probe.',
    })
  const others = baseline.cells.filter((cell) => !candidate.cells.some((own) => samePlace(own, cell)))
  const lacking = others.map((cell) => unknown(cell, [oneSided('candidate')]))
  const compared = candidate.cells.map((cell) => {
    const earlier = baseline.cells.find((own) => samePlace(own, cell))
    if (earlier === undefined) return unknown(cell, [oneSided('baseline')])
    const reasons = [...doubts(earlier, baseline, 'baseline'), ...doubts(cell, candidate, 'candidate')]
    return reasons.length > 0 ? unknown(cell, reasons) : { ...unknown(cell, []), ...ratioOf(earlier.aggregate, cell.aggregate) }
  })
  return [...compared, ...lacking]
}

function samePlace(a: ReportCell, b: ReportCell): boolean {
  const same = a.memoryMb === b.memoryMb && a.concurrency === b.concurrency && a.direction === b.direction
  return same && isDeepEqual(a.factors, b.factors)
}

const oneSided = (side: string): Reason => ({ code: 'one-sided', message: `The ${side} has no such cell.` })

function unknown({ memoryMb, concurrency, direction, factors }: ReportCell, reasons: readonly Reason[]): CellRatio {
  return { memoryMb, concurrency, direction, factors, ratio: null, interval: null, reasons }
}

function doubts(
  { bottleneck, rounds, roundsUsed, failed, aggregate }: ReportCell,
  { experiment }: Report,
  side: string,
): readonly Reason[] {
  const reason = (code: string, what: string): Reason => ({ code, message: `The ${side}: ${what}.` })
  const codes = { cpu: 'cpu-bound', target: 'target-saturated', host: 'host-saturated' }
  return [
    experiment.provider.tier === 'plain' ? reason('tier', 'plain processes on one machine share no network of their own') : [],
    bottleneck in codes ? reason(codes[bottleneck as keyof typeof codes], `its bottleneck is ${bottleneck}, not the network`) : [],
    failed > 0 && roundsUsed < 0.8 * rounds ? reason('failed-invocation', `${roundsUsed} of ${rounds} rounds are used`) : [],
    aggregate.interval === null ? reason('rounds', `${roundsUsed} used rounds give no interval`) : [],
  ].flat()
}

function ratioOf(from: ReportCell['aggregate'], to: ReportCell['aggregate']): Partial<CellRatio> {
  // No two measurements agree to the last bit: this is one of them twice.
  if (isDeepEqual(from, to)) return { ratio: 1, interval: { low: 1, high: 1, confidence: 0.95, method: 't-log' } }
  const [a, b] = [logarithms(from), logarithms(to)]
  if (a === undefined || b === undefined) return {}
  const difference = b.centre - a.centre
  const down = Math.hypot(b.centre - b.low, a.high - a.centre)
  const up = Math.hypot(b.high - b.centre, a.centre - a.low)
  const method = from.interval?.method === 't-log' ? 't-log' : (to.interval?.method ?? 't-log')
  const interval: ReportInterval = { low: Math.exp(difference - down), high: Math.exp(difference + up), confidence: 0.95, method }
  return { ratio: Math.exp(difference), interval }
}

/** The centre of Student's interval is the geometric mean of the rounds, not their median. */
function logarithms({ medianBitsPerSecond, interval }: ReportCell['aggregate']): Record<'centre' | 'low' | 'high', number> | undefined {
  if (medianBitsPerSecond === null || interval === null || !(interval.low > 0)) return undefined
  const [low, high] = [Math.log(interval.low), Math.log(interval.high)]
  return { centre: interval.method === 't-log' ? (low + high) / 2 : Math.log(medianBitsPerSecond), low, high }
}
