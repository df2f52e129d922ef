import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { compareJournals } from '../../src/analysis/compare/compare-journals.ts'
import { renderComparison } from '../../src/report/comparison.ts'
import { comparisonJson } from '../../src/report/json.ts'
import { standings } from '../../src/report/standings.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'

function compared(...options: SyntheticOptions[]) {
  const journals = options.map((each, index) => ({
    name: `${index}.ndjson`,
    journal: syntheticJournal({ seed: index + 1, concurrency: [1, 2, 4, 8], cv: 0.02, provider: { name: `p${index}` }, ...each }),
  }))
  const reports = journals.map(({ journal }) => analyzeJournal(journal, { resamples: 200 }))
  return { comparison: compareJournals(journals), reports }
}

test('ties are named, and only they', () => {
  const { comparison, reports } = compared({}, { bitsPerSecond: 50.5e6 }, { bitsPerSecond: 80e6 })
  const four = standings(comparison, reports).filter(({ place }) => place.endsWith('n = 4'))
  expect(new Map(four.map(({ journal, standing }) => [journal, standing]))).toEqual(
    new Map([
      [2, 'best'],
      [1, 'worse than C; tied with A'],
      [0, 'worse than C; tied with B'],
    ]),
  )
  expect(four[0]).toMatchObject({ journal: 2, fairness: 'fair', sharing: 'isolated' })
})

test('noise is no ranking', () => {
  const { comparison, reports } = compared({ cv: 0.5, rounds: 3 }, { cv: 0.5, rounds: 3 })
  for (const { standing } of standings(comparison, reports)) expect(standing).toMatch(/^cannot be told from [AB]$/)
})

test('what is no witness has no standing', () => {
  const { comparison, reports } = compared({}, { throttled: 0.9, bitsPerSecond: 90e6 }, { concurrency: [16] })
  const all = standings(comparison, reports)
  expect(new Set(all.map(({ standing }) => standing))).toEqual(new Set(['not compared']))
  expect(all.filter(({ place }) => place.endsWith('n = 16')).map(({ journal }) => journal)).toEqual([2])
})

test('the table names journals, pairs, intervals and reasons', () => {
  const { comparison, reports } = compared({}, { bitsPerSecond: 80e6 }, { concurrency: [1, 16] })
  const text = renderComparison(comparison, reports)
  expect(text).toContain('A: 0.ndjson (synthetic on p0)')
  expect(text).toMatch(/download\s+│\s+│\s+2048 │ +8 │ B ÷ A │\s+1\.\d+ │ 1\.\d+ to 1\.\d+ │\s+1\.00 │\s+< 0\.001 │ better/)
  expect(text).toMatch(/Cannot tell, because\n.*0\.ndjson has this cell, 2\.ndjson has not\. \[one-sided\]/)
  expect(text).not.toContain('\u001b[')
  expect(renderComparison(comparison, reports, { color: true })).toContain('\u001b[')
})

test('JSON: every key, unknown is null', () => {
  const { comparison } = compared({}, { throttled: 0.9 })
  const parsed = JSON.parse(comparisonJson(comparison))
  expect(parsed).toMatchObject({ schema: 'netfair.comparison/1', journals: [{ name: '0.ndjson' }, { name: '1.ndjson' }] })
  const keys = 'baseline candidate memoryMb concurrency direction factors pairing ratio interval effect pHolm verdict reasons'
  for (const cell of parsed.cells) expect(Object.keys(cell)).toEqual(keys.split(' '))
})
