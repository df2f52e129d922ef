import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { Interval } from '../../src/model/journal-record.ts'
import { ladderRecords, startAtMs } from './ladder.ts'

test('analysing 10,000 samples of 50 intervals takes about as long as parsing them', () => {
  const rounds = Math.ceil(10_000 / (1 + 2 + 4 + 8 + 16 + 26))
  const records = ladderRecords({
    rounds,
    rate: ({ n, repetition }) => (570e6 / n) * (1 + (repetition % 7) / 500),
    sample: (sample, { n }) => {
      const each = Math.round(570e6 / 8 / n / 10)
      const intervals = Array.from(
        { length: 50 },
        (_, index): Interval => [startAtMs + index * 100.25, startAtMs + (index + 1) * 100.25, each],
      )
      return { ...sample, endedAtMs: startAtMs + 50 * 100.25, bytes: 50 * each, intervals }
    },
  })
  const text = records.map((record) => JSON.stringify(record)).join('\n')
  const parsing = fastest(() => text.split('\n').map((line) => JSON.parse(line)))
  const analysing = fastest(() => analyzeJournal(assembleJournal(records)))
  // Wide: other tests run beside it. Measured alone: see the closing note.
  expect(analysing / parsing).toBeLessThan(6)
})

function fastest(work: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}
