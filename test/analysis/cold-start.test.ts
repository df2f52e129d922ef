import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { renderReport } from '../../src/report/table.ts'
import { type Ladder, ladderJournal } from './ladder.ts'

const ladder = (sample: NonNullable<Ladder['sample']>) =>
  analyzeJournal(ladderJournal({ rate: () => 50e6, concurrency: [1, 3], rounds: 3, sample }))

test('what a cold start takes is the median over cold starts, in report and table', () => {
  const report = ladder((one, { repetition, invocation }) => {
    const cold = repetition === 0
    return { ...one, coldStart: cold, ...(cold && { initMs: 100 + 10 * invocation }) }
  })
  expect(report.cells.map(({ coldStarts, initMs }) => ({ coldStarts, initMs }))).toEqual([
    { coldStarts: 1, initMs: 100 },
    { coldStarts: 3, initMs: 110 },
  ])
  expect(renderReport(report)).toContain('init ms')
})

test('where nobody told it, it is absent', () => {
  const report = ladder((one) => ({ ...one, coldStart: true }))
  expect(report.cells.filter((cell) => 'initMs' in cell)).toEqual([])
  expect(renderReport(report)).not.toContain('init ms')
})
