import { expect, test } from 'vitest'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { JournalRecord, Sample } from '../../src/model/journal-record.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { type PlannedRound, plan } from '../../src/run/plan.ts'
import { openingRecord } from '../../src/run/round.ts'
import { usdBudget } from '../../src/run/usd-budget.ts'
import { undeployable } from './fake-provider.ts'

const { targetPlace: _, ...provider } = undeployable({ name: 'aws' })

/** 1 GB at 0.0000166667 USD a second: 2 s and the fee are 0.0000335334 USD. */
const perFunction = 2 * 0.0000166667 + 0.0000002

function budgeted(usd: number, billedAs: { name: string; region: string } | undefined = { name: 'aws', region: 'us-east-1' }) {
  const experiment = defineExperiment({
    provider: { ...provider, ...(billedAs !== undefined && { billedAs }) },
    probe: iperf3({ seconds: 1 }),
    memoryMb: [1024],
    concurrency: [2],
    repetitions: 5,
    target: { iperf3: 'target.example:5201', http: 'https://target.example' },
    quote: { overheadMs: 0 },
    budget: { usd },
  })
  const planned = plan(experiment)
  return { experiment, planned, budget: usdBudget(experiment, planned) }
}

const billed = (round: string, billedMs: number | undefined, attempt = 0): Sample[] =>
  [0, 1].map((invocation) => ({
    type: 'sample',
    round,
    attempt,
    invocation,
    direction: 'download',
    outcome: 'failed',
    error: { code: 'LOST', message: 'late' },
    ...(billedMs !== undefined && { billedMs }),
  }))

function at(rounds: readonly PlannedRound[], index: number): PlannedRound {
  const round = rounds[index]
  if (round === undefined) throw new Error('no such round')
  return round
}

test('a round that would go beyond is not begun: by the quote, and by what its cell has cost', () => {
  const { planned, budget } = budgeted(5 * perFunction)
  const { rounds } = planned
  budget.allow(at(rounds, 0))
  budget.add(at(rounds, 0), billed('r', 2000))
  budget.allow(at(rounds, 1))
  budget.add(at(rounds, 1), billed('r', 2000))
  expect(() => budget.allow(at(rounds, 2))).toThrow(
    expect.objectContaining({
      name: 'MeasurementError',
      code: 'BUDGET_REACHED',
      message: expect.stringMatching(/0\.0001341 of 0\.0001677 USD are used, and round .* may need 0\.00006707/),
      hint: expect.stringMatching(/budget\.usd/),
    }),
  )
})

test('a function of which no time is known counts as quoted', () => {
  // A round is quoted at 2 × (1.2 s × rate + fee), on new instances.
  const quoted = 2 * (1.2 * 0.0000166667 + 0.0000002)
  const { planned, budget } = budgeted(2.5 * quoted)
  budget.add(at(planned.rounds, 0), billed('r', undefined))
  budget.allow(at(planned.rounds, 1))
  budget.add(at(planned.rounds, 1), billed('r', undefined))
  expect(() => budget.allow(at(planned.rounds, 2))).toThrow(/BUDGET|budget/)
})

test('an earlier run counts, with attempts that were repeated', () => {
  const { experiment, planned, budget } = budgeted(5 * perFunction)
  const round = at(planned.rounds, 0)
  const records: JournalRecord[] = [
    experimentRecord('earlier', experiment, planned, { name: 'aws', region: 'us-east-1', environment: {} }),
    openingRecord(round, 0),
    ...billed(round.id, 2000, 0),
    { ...openingRecord(round, 1), completed: true },
    ...billed(round.id, 2000, 1),
  ]
  const journal = assembleJournal(records)
  expect(journal.samples).toHaveLength(2)
  expect(journal.superseded).toHaveLength(2)
  budget.addAll(journal)
  expect(() => budget.allow(at(planned.rounds, 1))).toThrow(/0\.0001341 of 0\.0001677 USD are used/)
})

test('where nothing is billed, nothing is used', () => {
  const { planned } = budgeted(1)
  const { targetPlace: __, ...free } = undeployable({ name: 'local' })
  const experiment = { ...budgeted(1).experiment, provider: free }
  const budget = usdBudget(experiment, planned)
  budget.add(at(planned.rounds, 0), billed('r', 1e9))
  expect(() => budget.allow(at(planned.rounds, 1))).not.toThrow()
})
