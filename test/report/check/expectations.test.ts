import { expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { demandExpectations } from '../../../src/report/check/expectations.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'

const report = analyzeJournal(syntheticJournal({ truth: 'shared', cv: 0.02 }), { resamples: 200 })

test('all that hold pass', () => {
  demandExpectations(report, [{ fairness: 'fair', minimumJain: 0.9 }, { bandwidth: { atLeastBitsPerSecond: 1e6 } }])
  demandExpectations(report, [])
})

test('every one that fails is in the message', () => {
  const expectations = [
    { sharing: 'isolated', upTo: 16 },
    { fairness: 'fair' },
    { bandwidth: { atLeastBitsPerSecond: 20e6 }, concurrency: [8] },
  ] as const
  const failing = () => demandExpectations(report, expectations)
  expect(failing).toThrow(
    /^2 of 3 expectations failed\.\nExpected functions isolated up to 16; .*\n {2}.*SHARED[\s\S]*\nExpected at least 20\.0 Mbit\/s/,
  )
  expect(failing).toThrow(expect.objectContaining({ name: 'ExpectationError', code: 'EXPECTATION_FAILED' }))
})
