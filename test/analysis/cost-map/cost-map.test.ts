import { expect, test } from 'vitest'
import { type AnalysisOptions, analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { seededRandom, shuffled } from '../../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../../src/journal/assemble.ts'
import type { CostMapFinding } from '../../../src/model/cost-map.ts'
import type { JournalRecord } from '../../../src/model/journal-record.ts'
import { renderReport } from '../../../src/report/table.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'
import { type WorkTruth, workJournal, workRecords } from './work-journal.ts'

const truth: WorkTruth = {
  memoryMb: [128, 256, 512, 1024],
  concurrency: [1, 2, 4, 8],
  rounds: 6,
  work: { mode: 'pull', chunks: 16, chunkBytes: 4e6 },
  cv: 0.05,
  cvChunk: 0.05,
  rate: (memoryMb, together) => Math.min(memoryMb * 0.4e6, 400e6 / together),
}
const least = { memoryMb: [512], concurrency: [1], rounds: 1 }
const quick = { resamples: 100, fairnessResamples: 10, persistenceResamples: 10 }

function mapOf(changes: Partial<WorkTruth> = {}, costMap: AnalysisOptions['costMap'] = { priceAs: 'aws:us-east-1' }): CostMapFinding {
  const map = analyzeJournal(workJournal({ ...truth, ...changes }), { ...quick, costMap }).costMap
  if (map === null) throw new Error('no cost map')
  return map
}

test('null where no fixed work was done', () => {
  expect(analyzeJournal(syntheticJournal({ concurrency: [1] }), quick).costMap).toBeNull()
})

test('the same for every order of the records', () => {
  const records = workRecords({ ...truth, memoryMb: [128, 512] })
  const options = { ...quick, costMap: { priceAs: 'aws:us-east-1' } }
  const report = (lines: readonly JournalRecord[]): string => JSON.stringify(analyzeJournal(assembleJournal(lines), options).costMap)
  expect(report(shuffled(records, seededRandom(4)))).toBe(report(records))
})

test('a local run has times and no cost, and says how to price it', () => {
  const { cells, prices, front, cheapest, chosen, predictions, predictionError, reasons } = mapOf({}, {})
  expect(cells.every(({ responseMs, usd, billedMs }) => responseMs !== null && usd === null && billedMs === null)).toBe(true)
  expect({ prices, front, cheapest, chosen }).toEqual({ prices: null, front: [], cheapest: null, chosen: null })
  expect(predictions.every(({ usd }) => usd === null)).toBe(true)
  expect(predictionError?.usd).toBeNull()
  expect(predictionError?.responseMs?.median).toBeLessThan(0.1)
  expect(reasons).toEqual([{ code: 'cost', message: expect.stringContaining('--price-as aws:us-east-1') }])
})

test('what ran on a cloud is priced by the book that its journal names', () => {
  const experiment = { provider: { name: 'aws', region: 'us-east-1' }, priceBook: { version: '2026-11', date: '2026-11-22' } }
  const map = mapOf({ ...least, experiment }, {})
  expect(map.prices).toMatchObject({ provider: 'aws', plan: 'lambda', region: 'us-east-1', architecture: 'x86_64', asIf: false })
  expect(mapOf({ ...least, experiment: { ...experiment, priceBook: { version: '1999-01' } } }, {}).reasons).toMatchObject([
    { code: 'cost' },
  ])
  const elsewhere = mapOf({ ...least, experiment }, { priceAs: 'gcp:us-central1' })
  expect(elsewhere.prices).toMatchObject({ provider: 'gcp', plan: 'gen2', asIf: true })
})

test.each([
  [
    'no price for the region',
    { priceBook: { version: '2026-11', date: '2026-11-22' } },
    /no price for "requests" of aws lambda .* in mars-1/,
  ],
  ['no prices in the journal', {}, /no prices of aws in mars-1 were known/],
])('what ran on a cloud, %s: times, and why there is no cost', (_, prices, message) => {
  const { cells, ...map } = mapOf({ ...least, experiment: { provider: { name: 'aws', region: 'mars-1' }, ...prices } }, {})
  expect(map).toMatchObject({ prices: null, reasons: [{ code: 'cost', message: expect.stringMatching(message) }] })
  expect(map.reasons[0]?.message).toContain('--price-as')
  expect(cells.every(({ responseMs, usd }) => responseMs !== null && usd === null)).toBe(true)
})

test('as if elsewhere: by the time of the functions themselves, not by what their own platform has billed', () => {
  const billed = workRecords({ ...truth, memoryMb: [512] }).map((record) =>
    record.type === 'sample' ? { ...record, billedMs: 1e6 } : record,
  )
  const map = analyzeJournal(assembleJournal(billed), { ...quick, costMap: { priceAs: 'aws:us-east-1' } }).costMap
  expect(map?.cells.map(({ usd }) => usd)).toEqual(mapOf({ memoryMb: [512] }).cells.map(({ usd }) => usd))
})

test.each([
  ['nowhere', 'INVALID_OPTION'],
  ['aws:us-east-1:lambda:arm64:more', 'INVALID_OPTION'],
  ['aws:mars-1', 'PRICE_UNKNOWN'],
  ['ibm:us-south', 'PRICE_UNKNOWN'],
  ['gcp:us-central1:gen3', 'PRICE_UNKNOWN'],
])('priced as %s is refused: %s', (priceAs, code) => {
  expect(() => mapOf(least, { priceAs })).toThrow(expect.objectContaining({ code }))
})

test.each([
  [{ weight: 1.5 }, 'INVALID_OPTION'],
  [{ deadlineMs: 0 }, 'INVALID_OPTION'],
  [{ strategy: 'cheap' as 'cost' }, 'INVALID_OPTION'],
  [{ predict: { memoryMb: [-1] } }, 'INVALID_OPTION'],
  [{ stratgy: 'cost' } as object, 'UNKNOWN_OPTION'],
])('options %j are refused: %s', (costMap, code) => {
  expect(() => mapOf(least, costMap)).toThrow(expect.objectContaining({ code }))
})

test('a memory size that the plan does not have has no cost, and is on no front', () => {
  const map = mapOf({ memoryMb: [256, 300, 512, 1024] }, { priceAs: 'gcp:us-central1:gen1' })
  expect(map.cells.filter(({ usd }) => usd === null).map(({ memoryMb }) => memoryMb)).toEqual([300, 300, 300, 300])
  expect(map.front.length).toBeGreaterThan(0)
  expect(map.front.some(({ memoryMb }) => memoryMb === 300)).toBe(false)
  expect(map.reasons).toMatchObject([{ code: 'cost', message: expect.stringContaining('300 MB') }])
})

test('rounds that did not do all of the work are counted and left out; fewer than 3 have no interval', () => {
  const records = workRecords({ ...truth, memoryMb: [512], rounds: 3 })
  const broken = records.map((record) =>
    record.type === 'sample' && record.round === '512-4-1' && record.invocation === 2
      ? { ...record, chunks: (record.chunks ?? []).map((chunk, index) => ({ ...chunk, ok: index > 0 })) }
      : record,
  )
  const map = analyzeJournal(assembleJournal(broken), { ...quick, costMap: { priceAs: 'aws:us-east-1' } }).costMap
  expect(map?.cells.map(({ rounds, roundsUsed }) => [rounds, roundsUsed])).toEqual([
    [3, 3],
    [3, 3],
    [3, 2],
    [3, 3],
  ])
  expect(map?.cells[2]?.responseMs?.interval).toBeNull()
  expect(map?.cells[1]?.responseMs?.interval?.method).toBe('t-log')
  expect(map?.reasons).toMatchObject([{ code: 'unfinished-work', round: '512-4-1' }])
})

test('chunks that took no time are no measurement', () => {
  const records = workRecords({ ...truth, ...least, rounds: 2 }).map((record) =>
    record.type === 'sample' && record.round === '512-1-0'
      ? { ...record, chunks: (record.chunks ?? []).map((chunk) => ({ ...chunk, endMs: chunk.startMs })) }
      : record,
  )
  const map = analyzeJournal(assembleJournal(records), { ...quick, costMap: { priceAs: 'aws:us-east-1' } }).costMap
  expect(map).toMatchObject({ cells: [{ rounds: 2, roundsUsed: 1 }], reasons: [{ code: 'clock', round: '512-1-0' }] })
})

test('other factors are other configurations of the same work', () => {
  const records = ['sdk', 'signed-url'].flatMap((transport, index) =>
    workRecords({ ...truth, memoryMb: [512], seed: index + 1, rate: (_, together) => 300e6 / together / (index + 1) }).flatMap((record) => {
      if (record.type === 'experiment') return index === 0 ? record : []
      if (record.type === 'end') return []
      return record.type === 'round'
        ? { ...record, id: `${record.id}-${transport}`, factors: { transport } }
        : { ...record, round: `${(record as { round: string }).round}-${transport}` }
    }),
  )
  const map = analyzeJournal(assembleJournal(records as JournalRecord[]), { ...quick, costMap: { priceAs: 'aws:us-east-1' } }).costMap
  expect(map?.cells).toHaveLength(8)
  expect(map?.fastest?.factors).toEqual({ transport: 'sdk' })
  expect(map?.knee.map(({ factors, along }) => [factors['transport'], along])).toEqual([
    ['sdk', 'concurrency'],
    ['signed-url', 'concurrency'],
  ])
})

test('the knee is where the truth has it; where there is none it is not made up', () => {
  const knees = mapOf({ cv: 0.02 }).knee
  const of = (place: object) => knees.find((knee) => Object.entries(place).every(([key, value]) => knee[key as 'along'] === value))
  const functions = of({ memoryMb: 256 })
  expect(functions).toMatchObject({ along: 'concurrency', verdict: 'capped', grade: 'firm' })
  expect(functions?.value).toBeCloseTo(400 / (256 * 0.4), 0)
  expect(functions?.low).toBeLessThan(functions?.value ?? 0)
  const memory = of({ concurrency: 4 })
  expect(memory).toMatchObject({ along: 'memory', verdict: 'saturating' })
  expect((memory?.value ?? 0) / 250).toBeCloseTo(1, 1)
  expect(memory?.low).toBeLessThan(memory?.high ?? 0)
  const shared = mapOf({ rate: (_, together) => 100e6 / together, memoryMb: [512] }).knee
  expect(shared).toMatchObject([{ along: 'concurrency', verdict: 'shared', value: null, low: null, high: null }])
  const few = mapOf({ concurrency: [1, 2, 4], memoryMb: [512] }).knee
  expect(few).toMatchObject([{ verdict: 'inconclusive', value: null, reasons: [{ code: 'levels' }] }])
})

test('for people: a table, choices, limits, knees, how far predictions are off', () => {
  const render = (costMap: NonNullable<AnalysisOptions['costMap']>): string =>
    renderReport(analyzeJournal(workJournal(truth), { ...quick, costMap }), { width: 400 })
  const text = render({ priceAs: 'aws:us-east-1', strategy: 'balanced', weight: 0.3, deadlineMs: 5000 })
  expect(text).toMatch(/Cost map\n┌/)
  expect(text).toMatch(/priced as if on aws lambda us-east-1 by the prices of 2026-11-22/)
  expect(text).toMatch(/the price of storage reads/)
  expect(text).toMatch(/Among those that keep the limits: at most 5.00 s/)
  expect(text).toMatch(/Cheapest: \d+ MB, n = \d: [\d.]+ s for 0\.0000\d+ USD/)
  expect(text).toMatch(/By strategy \(balanced, weight of cost 0.30\)/)
  expect(text).toMatch(/Knee at 256 MB: more functions make the work no faster from [34]\.\d+ functions on/)
  expect(text).toMatch(/predicted from the others: off in response time by [\d.]+ %/)
  expect(text).toMatch(/Predicted, not measured/)
  expect(render({ priceAs: 'aws:us-east-1', deadlineMs: 1 })).toMatch(/No measured configuration keeps the limits: at most/)
  expect(render({})).toMatch(/; no prices\..*\n.*Knee/)
})
