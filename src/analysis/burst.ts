import type { CompletedSample } from '../model/journal-record.ts'
import type { Cell, UsedRound } from './cell.ts'
import type { Drop } from './drop.ts'
import type { MeasuredRound } from './measured-round.ts'
import { ascending, median } from './quantile.ts'
import type { Thresholds } from './thresholds.ts'

/**
 * The token bucket of a cell: medians over the rounds that emptied it, per function. A bucket that was not full when the round
 * began looks smaller than it is. It fills again at the steady rate.
 */
export type Burst = Omit<Drop, 'steadyFromMs'>

/** A round that moved less than so many times what emptied the bucket elsewhere may not have emptied it. */
const clearlyMore = 1.2

/**
 * Where a cell has a burst, what counts is the steady part. A round that never left its burst, for all that is known from other
 * cells of the same direction and factors, takes no part.
 */
export function steadyCells(cells: readonly Cell[], thresholds: Thresholds): readonly Cell[] {
  const found = cells.map(withoutLateFalls).map((cell): Cell => {
    const burst = cellBurst(cell.rounds)
    return burst === undefined ? cell : { ...cell, burst }
  })
  if (found.every(({ burst }) => burst === undefined)) return found
  return found.map((cell) => {
    const reference = nearestBurst(cell, found)
    if (reference === undefined) return cell
    return { ...cell, rounds: cell.rounds.map((round) => steadyRound(round, cell, reference, thresholds)) }
  })
}

/** Rounds that ended as their burst did, where that is what most of the cell's rounds say. */
function withoutLateFalls(cell: Cell): Cell {
  const used = cell.rounds.filter(({ division }) => division !== undefined)
  const late = used.filter(({ fallsLate }) => fallsLate === true)
  if (late.length === 0 || late.length <= used.filter(({ fall }) => fall === undefined).length / 2) return cell
  const rounds = cell.rounds.map((round): MeasuredRound => {
    if (round.division === undefined || round.fallsLate !== true) return round
    const { division: _, ...rest } = round
    const what = 'its rate fell shortly before its end: nothing tells where it would have settled'
    return { ...rest, exclusion: { code: 'burst', message: `Round ${round.round.id}, ${cell.direction}: ${what}.`, round: round.round.id } }
  })
  return { ...cell, rounds }
}

interface BurstCell extends Cell {
  readonly burst: Burst
}

/** In more than half of the rounds: a neighbour may arrive in the middle of one. */
function cellBurst(rounds: readonly MeasuredRound[]): Burst | undefined {
  const drops = rounds.flatMap(({ fall }) => fall?.drop ?? [])
  const used = rounds.filter(({ division }) => division !== undefined).length
  if (drops.length <= used / 2) return undefined
  const typical = (of: (drop: Drop) => number): number => median(ascending(drops.map(of))) as number
  return {
    burstBitsPerSecond: typical(({ burstBitsPerSecond }) => burstBitsPerSecond),
    steadyBitsPerSecond: typical(({ steadyBitsPerSecond }) => steadyBitsPerSecond),
    bucketBytes: typical(({ bucketBytes }) => bucketBytes),
    movedBytes: typical(({ movedBytes }) => movedBytes),
  }
}

/** The cell with a burst that is most like this one: of the same direction and factors; its own, the same memory, the nearest n. */
function nearestBurst(cell: Cell, cells: readonly Cell[]): BurstCell | undefined {
  const distance = (other: Cell): readonly [number, number] => [
    ratio(other.memoryMb ?? 1, cell.memoryMb ?? 1),
    ratio(other.concurrency, cell.concurrency),
  ]
  const alike = (other: Cell): other is BurstCell =>
    other.burst !== undefined && other.direction === cell.direction && JSON.stringify(other.factors) === JSON.stringify(cell.factors)
  const order = (a: Cell, b: Cell): number => {
    const [[memoryA, levelA], [memoryB, levelB]] = [distance(a), distance(b)]
    return memoryA - memoryB || levelA - levelB
  }
  return cells.filter(alike).sort(order)[0]
}

const ratio = (a: number, b: number): number => Math.abs(Math.log(a / b))

function steadyRound(round: MeasuredRound, cell: Cell, reference: BurstCell, thresholds: Thresholds): MeasuredRound {
  const { division, fall, ...rest } = round
  if (division === undefined) return round
  const steady = fall === undefined ? division : fall.division
  const used: UsedRound = { ...round, division }
  if (steady !== undefined && (fall !== undefined || outsideBurst(used, cell, reference, thresholds))) return { ...round, division: steady }
  return { ...rest, exclusion: { code: 'burst', message: message(round, cell, reference), round: round.round.id } }
}

/** Whether the round was no faster than the steady rate, or moved more than any bucket would have allowed: per function or per host. */
function outsideBurst({ division, samples }: UsedRound, { concurrency }: Cell, reference: BurstCell, { burstRatio }: Thresholds): boolean {
  const { burst, concurrency: n } = reference
  const moved = samples.reduce((sum, sample) => sum + bytesOf(sample as CompletedSample), 0)
  const slow = division.aggregate / concurrency <= burstRatio * burst.steadyBitsPerSecond
  const slowTogether = division.aggregate <= burstRatio * burst.steadyBitsPerSecond * n
  const much = moved / concurrency >= clearlyMore * burst.movedBytes
  const muchTogether = moved >= clearlyMore * burst.movedBytes * n
  return slow || slowTogether || (much && muchTogether)
}

const bytesOf = ({ bytes, intervals = [] }: CompletedSample): number => bytes ?? intervals.reduce((sum, [, , moved]) => sum + moved, 0)

function message({ round, fall }: MeasuredRound, { direction }: Cell, { concurrency, memoryMb, burst }: BurstCell): string {
  const megabytes = `${(burst.movedBytes / 1e6).toPrecision(3)} MB`
  const where = `n = ${concurrency}${memoryMb === null ? '' : `, ${memoryMb} MB`}`
  const what =
    fall === undefined
      ? `it may lie within a burst: at ${where} the rate fell after ${megabytes} per function`
      : 'its burst left too little time at the steady rate'
  return `Round ${round.id}, ${direction}: ${what}.`
}
