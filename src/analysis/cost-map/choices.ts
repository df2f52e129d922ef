import type { CostMapCell, CostMapChoice, CostMapConfiguration, CostMapFigure, CostMapFrontPoint } from '../../model/cost-map.ts'
import { elasticity, type Outlay, paretoFront } from './pareto-front.ts'
import { bestOf, type Limits, type Strategy, within } from './strategy.ts'

/** A cell that was measured and has a price. */
interface Candidate extends Outlay {
  readonly place: CostMapConfiguration
  readonly time: CostMapFigure
  readonly cost: CostMapFigure
}

/** What may be wanted of a map. */
export interface Wishes {
  readonly strategy: Strategy
  readonly weight: number
  readonly limits: Limits
}

interface Choices {
  readonly front: readonly CostMapFrontPoint[]
  readonly cheapest: CostMapChoice | null
  readonly fastest: CostMapChoice | null
  readonly chosen: CostMapChoice | null
}

/** The cells that are worth a thought, by their medians. */
export function choicesOf(cells: readonly CostMapCell[], { strategy, weight, limits }: Wishes): Choices {
  const candidates = cells.flatMap(candidate)
  const allowed = within(candidates, limits)
  const choose = (by: Strategy): CostMapChoice | null => {
    const best = bestOf(allowed, by, weight, candidates)
    return best === undefined ? null : choice(best, by, allowed, limits)
  }
  return { front: frontOf(candidates), cheapest: choose('cost'), fastest: choose('speed'), chosen: choose(strategy) }
}

function candidate({ memoryMb, concurrency, factors, responseMs: time, usd: cost }: CostMapCell): readonly Candidate[] {
  if (time === null || cost === null) return []
  return [{ place: { memoryMb, concurrency, factors }, time, cost, responseMs: time.median, usd: cost.median }]
}

function frontOf(candidates: readonly Candidate[]): readonly CostMapFrontPoint[] {
  const front = paretoFront(candidates)
  return front.map((point, index) => {
    const cheaper = front[index + 1]
    const { place, responseMs, usd } = point
    return { ...place, responseMs, usd, elasticity: cheaper === undefined ? null : elasticity(cheaper, point) }
  })
}

function choice(best: Candidate, by: Strategy, allowed: readonly Candidate[], limits: Limits): CostMapChoice {
  const { place, responseMs, usd } = best
  return { ...place, responseMs, usd, alike: alike(best, by, allowed), surely: surely(best, limits) }
}

/** Told apart by what is wanted; with `balanced` in both. */
function alike(best: Candidate, by: Strategy, allowed: readonly Candidate[]): readonly CostMapConfiguration[] | null {
  const figures: readonly (readonly [of: (each: Candidate) => CostMapFigure, counts: boolean])[] = [
    [({ cost }) => cost, by !== 'speed'],
    [({ time }) => time, by !== 'cost'],
  ]
  const counting = figures.filter(([, counts]) => counts).map(([of]) => of)
  if (counting.some((of) => of(best).interval === null)) return null
  const others = allowed.filter((each) => each !== best)
  return others.filter((other) => counting.every((of) => overlap(of(best), of(other)))).map(({ place }) => place)
}

/** A cell without an interval may be anything. */
function overlap({ interval: a }: CostMapFigure, { interval: b }: CostMapFigure): boolean {
  return a === null || b === null || (a.low <= b.high && b.low <= a.high)
}

function surely({ time, cost }: Candidate, { deadlineMs, budgetUsd }: Limits): boolean | null {
  const limited: readonly (readonly [CostMapFigure, number | undefined])[] = [
    [time, deadlineMs],
    [cost, budgetUsd],
  ]
  const set = limited.filter(([, limit]) => limit !== undefined)
  if (set.length === 0 || set.some(([{ interval }]) => interval === null)) return null
  return set.every(([{ interval }, limit]) => (interval?.high ?? 0) <= (limit ?? 0))
}
