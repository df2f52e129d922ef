import { Allowance } from './allowance.ts'
import { testBytesOf } from './contention-options.ts'

/**
 * Keeps count of the bytes that a run moves.
 * @param limit - in bytes; infinite where there is none
 */
export function byteBudget(limit: number): Allowance {
  return new Allowance(limit, {
    option: 'budget.bytes',
    unit: 'bytes',
    show: String,
    expectedOf: (round) => testBytesOf(round) ?? 0,
    usedBy: (_, samples) => samples.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
  })
}
