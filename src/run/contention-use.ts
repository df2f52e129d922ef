import { type ContentionMark, markOf } from '../analysis/colocation/contention-round.ts'
import { groupBy } from '../analysis/colocation/group-by.ts'
import type { Journal } from '../model/journal.ts'
import type { Sample } from '../model/journal-record.ts'
import { testBytes, type Verification } from './contention-options.ts'
import { mostSenders } from './contention-plan.ts'

/**
 * What the tests of a journal have used: rounds, also such as were cut off, and bytes. Of a function that did not tell, as much as it may have
 * moved.
 */
export function testsUsed(
  { rounds, samples, superseded = [] }: Journal,
  verification: Verification,
): { readonly rounds: number; readonly bytes: number } {
  const bySample = groupBy([...samples, ...superseded], ({ round }) => round)
  const used = rounds.flatMap((round) => {
    const mark = markOf(round)
    return mark === undefined ? [] : [bytesOf(bySample.get(round.id) ?? [], mark, round.concurrency, verification)]
  })
  return { rounds: used.length, bytes: used.reduce((sum, bytes) => sum + bytes, 0) }
}

function bytesOf(samples: readonly Sample[], { kind }: ContentionMark, functions: number, verification: Verification): number {
  const told = samples.flatMap(({ bytes, values }) => (bytes === undefined ? [] : [{ bytes, sends: values?.['sends'] === 1 }]))
  const silent = functions - told.length
  const senders = mostSenders(kind, functions) - told.filter(({ sends }) => sends).length
  const most = silent <= 0 ? 0 : testBytes(verification, silent, Math.min(silent, Math.max(0, senders)))
  return told.reduce((sum, { bytes }) => sum + bytes, most)
}
