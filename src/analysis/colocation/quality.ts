import type { GroupingAgreement } from '../../model/colocation-finding.ts'
import { pairsOf } from './pairs.ts'

type Label = string | number

/** How many pairs there are, and together by the one, the other and both. */
export interface PairCounts {
  readonly put: number
  readonly together: number
  readonly both: number
  readonly all: number
}

/** The figures of {@link GroupingAgreement} that pairs give. */
export function agreementOfPairs({ put, together, both, all }: PairCounts): Omit<GroupingAgreement, 'groupCountError'> {
  const precision = ratio(both, put)
  const recall = ratio(both, together)
  const known = precision !== null && recall !== null
  const expected = all === 0 ? 0 : (put * together) / all
  return {
    precision,
    recall,
    f1: ratio(2 * both, put + together),
    fowlkesMallows: known ? Math.sqrt(precision * recall) : null,
    adjustedRand: ratio(both - expected, (put + together) / 2 - expected),
  }
}

/**
 * Pairwise agreement, from a sparse table of how many are in group i and in truth in group j: O(n), never over pairs.
 *
 * @param predicted - label of each element: equal = together
 * @param truth - the same, of the same length
 */
export function agreement(predicted: readonly Label[], truth: readonly Label[]): GroupingAgreement {
  const [ours, theirs] = [sizes(predicted), sizes(truth)]
  const cells = new Map<Label, Map<Label, number>>()
  for (const [at, label] of predicted.entries()) {
    const row = cells.get(label) ?? new Map<Label, number>()
    cells.set(label, row)
    const other = truth[at] ?? ''
    row.set(other, (row.get(other) ?? 0) + 1)
  }
  const both = [...cells.values()].reduce((sum, row) => sum + pairsIn(row), 0)
  const counts = { put: pairsIn(ours), together: pairsIn(theirs), both, all: pairsOf(predicted.length) }
  return { ...agreementOfPairs(counts), groupCountError: ours.size - theirs.size }
}

function sizes(labels: readonly Label[]): Map<Label, number> {
  const counts = new Map<Label, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}

function pairsIn(counts: ReadonlyMap<Label, number>): number {
  let pairs = 0
  for (const count of counts.values()) pairs += pairsOf(count)
  return pairs
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
