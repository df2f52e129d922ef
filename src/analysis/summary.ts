import { quantile } from './quantile.ts'
import { selectRanks } from './select-ranks.ts'

/** Figures of one sample, in the unit of its values unless told otherwise. */
export interface Summary {
  readonly count: number
  /** Arithmetic mean; null for an empty sample. */
  readonly mean: number | null
  /** Coefficient of variation: standard deviation (n − 1) ÷ mean. Null below two values or at a mean of 0. */
  readonly cv: number | null
  /** Jain's index (Σx)² ÷ (n Σx²), in [1/n, 1]. Null when all values are 0, and for an empty sample. */
  readonly jain: number | null
  /** One for each level asked for; type 7 (Hyndman and Fan; the default of numpy and R). Null for an empty sample. */
  readonly quantiles: readonly (number | null)[]
}

/**
 * Describes a sample, of thousands as of millions of values; it is not changed.
 * @param values - finite numbers
 * @param levels - of the quantiles, 0–1, in any order
 */
export function summarize(values: ArrayLike<number>, levels: readonly number[] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]): Summary {
  const count = values.length
  const copy = Float64Array.from(values)
  const sum = total(copy)
  const mean = sum / count
  const squares = squaredDistances(copy, mean)
  const power = mean * mean + squares / count
  selectRanks(copy, neighbours(levels, count))
  return {
    count,
    mean: count === 0 ? null : mean,
    cv: count < 2 || mean === 0 ? null : Math.sqrt(squares / (count - 1)) / mean,
    jain: count === 0 || power === 0 ? null : (mean * mean) / power,
    quantiles: levels.map((level) => quantile(copy, level)),
  }
}

/** Ranks, ascending, between which the quantiles lie. */
function neighbours(levels: readonly number[], count: number): readonly number[] {
  const positions = levels.map((level) => level * (count - 1))
  return [...new Set(positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]))]
    .filter((rank) => rank >= 0 && rank < count)
    .sort((a, b) => a - b)
}

function total(values: Float64Array): number {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index] as number
  return sum
}

function squaredDistances(values: Float64Array, mean: number): number {
  let squares = 0
  for (let index = 0; index < values.length; index++) squares += ((values[index] as number) - mean) ** 2
  return squares
}
