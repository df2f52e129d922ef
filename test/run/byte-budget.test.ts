import { expect, test } from 'vitest'
import type { Sample } from '../../src/model/journal-record.ts'
import { byteBudget } from '../../src/run/byte-budget.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { someProbe, undeployable } from './fake-provider.ts'
import { journalOf } from './simulated-run.ts'

const experiment = defineExperiment({ provider: undeployable(), probe: someProbe, memoryMb: [128], concurrency: [1, 2], repetitions: 4 })
const { rounds } = plan(experiment)
const [one, two] = [1, 2].map((n) => rounds.filter(({ concurrency }) => concurrency === n))
const moved = (bytes: number): Sample[] => [
  { type: 'sample', round: 'any', invocation: 0, outcome: 'failed', error: { code: 'LOST', message: 'late' }, bytes },
]

test('a round that would go beyond is not begun; bytes of failed functions count', () => {
  const budget = byteBudget(1000)
  const [first, second, third] = one ?? []
  const [larger] = two ?? []
  if (first === undefined || second === undefined || third === undefined || larger === undefined) throw new Error('no rounds')
  budget.allow(first)
  budget.add(first, moved(300))
  budget.allow(second)
  budget.add(second, moved(450))
  budget.allow(larger) // not known yet
  expect(() => budget.allow(third)).toThrow(
    expect.objectContaining({ code: 'BUDGET_REACHED', message: expect.stringMatching(/750 of 1000 .*may need 450/) }),
  )
  budget.add(larger, moved(250))
  expect(() => budget.allow(larger)).toThrow(/1000 of 1000 bytes are used/)
})

test('an earlier run counts, and without a limit everything goes', () => {
  const [first] = rounds
  if (first === undefined) throw new Error('no rounds')
  const earlier = journalOf(experiment, rounds.slice(0, 4), () => 8e6)
  const spent = byteBudget(1e6)
  spent.addAll(earlier)
  expect(() => spent.allow(first)).toThrow(/BUDGET|budget/)
  const free = byteBudget(Number.POSITIVE_INFINITY)
  free.addAll(earlier)
  expect(() => free.allow(first)).not.toThrow()
})
