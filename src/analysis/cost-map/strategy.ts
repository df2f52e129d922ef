import type { Outlay } from './pareto-front.ts'

/** What to choose a configuration by, with the words of AWS Lambda Power Tuning. */
export type Strategy = 'cost' | 'speed' | 'balanced'

/**
 * The best of several: `cost` = the cheapest, `speed` = the fastest, `balanced` = least weight × cost ÷ greatest cost + (1 − weight) × time ÷
 * greatest time. Equals are told apart by cost, then by time, then by their order.
 *
 * @param weight - of cost, 0–1
 * @param all - what the greatest cost and time are taken from: all that was measured, also where only some may be chosen
 */
export function bestOf<Point extends Outlay>(
  points: readonly Point[],
  strategy: Strategy,
  weight: number,
  all: readonly Outlay[] = points,
): Point | undefined {
  const most = (value: (point: Outlay) => number): number => all.reduce((largest, point) => Math.max(largest, value(point)), 0) || 1
  const [mostUsd, mostMs] = [most(({ usd }) => usd), most(({ responseMs }) => responseMs)]
  const share = strategy === 'cost' ? 1 : strategy === 'speed' ? 0 : weight
  const outlay = ({ usd, responseMs }: Outlay): number => (share * usd) / mostUsd + ((1 - share) * responseMs) / mostMs
  const inOrder = (a: Point, b: Point): number => outlay(a) - outlay(b) || a.usd - b.usd || a.responseMs - b.responseMs
  return points.reduce<Point | undefined>((best, point) => (best === undefined || inOrder(point, best) < 0 ? point : best), undefined)
}

/** What may be chosen. */
export interface Limits {
  /** Longest response time, in milliseconds. */
  readonly deadlineMs?: number
  /** Largest cost, in US dollars. */
  readonly budgetUsd?: number
}

/** Those within the limits, by their medians. */
export function within<Point extends Outlay>(points: readonly Point[], { deadlineMs, budgetUsd }: Limits): readonly Point[] {
  return points.filter(
    ({ responseMs, usd }) => responseMs <= (deadlineMs ?? Number.POSITIVE_INFINITY) && usd <= (budgetUsd ?? Number.POSITIVE_INFINITY),
  )
}
