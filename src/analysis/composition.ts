import type { Reason } from '../model/report.ts'
import { type Cell, usedRounds } from './cell.ts'
import { chooseShape, type Level, type Shape } from './curve-choice.ts'
import { persistence } from './persistence.ts'
import type { Thresholds } from './thresholds.ts'

/**
 * Small levels hold the first functions only. Where the same functions always get less in the largest level, a curve may tell who took
 * part instead of how many: then their shares taken out must leave it as it is.
 * @param levels - of the same cells
 */
export function hangsOnMembers(cells: readonly Cell[], levels: readonly Level[], shape: Shape, thresholds: Thresholds): Reason | undefined {
  const largest = cells.at(-1)
  if (largest === undefined || persistence(usedRounds(largest), thresholds).persistent !== 'yes') return undefined
  const shares = meanShares(largest)
  const without = levels.map(({ x, values }, index): Level => {
    const n = cells[index]?.concurrency ?? 1
    const share = shares.slice(0, n).reduce((sum, own) => sum + own, 0) / n
    return { x, values: values.map((value) => value - Math.log(share)) }
  })
  if (without.some(({ values }) => !values.every(Number.isFinite)) || chooseShape(without, thresholds) === shape) return undefined
  const message = 'The same functions always get less, and not all of them took part at every level: the curve may tell who they are.'
  return { code: 'persistent', message }
}

/** Rate ÷ mean rate of the round, by function. */
function meanShares(cell: Cell): readonly number[] {
  const rounds = usedRounds(cell).map(({ division }) => division)
  return Array.from({ length: cell.concurrency }, (_, position) => {
    const own = rounds.map(({ rates, aggregate }) => ((rates[position] ?? 0) * rates.length) / aggregate)
    return own.reduce((sum, share) => sum + share, 0) / own.length
  })
}
