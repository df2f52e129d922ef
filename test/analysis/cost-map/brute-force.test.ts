import { expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { assembleJournal } from '../../../src/journal/assemble.ts'
import type { DealingMode } from '../../../src/model/fixed-work.ts'
import type { JournalRecord, RoundRecord, Sample } from '../../../src/model/journal-record.ts'
import { type WorkTruth, workRecords } from './work-journal.ts'

/** The published formulas, written down again: what one invocation costs, by its time in milliseconds and its memory in MB. */
const bills: Readonly<Record<string, (ms: number, mb: number) => { ms: number; usd: number }>> = {
  'aws:us-east-1': (ms, mb) => timed(Math.ceil(ms), (s) => s * (mb / 1024) * 0.0000166667 + 0.2e-6 + 0.4e-6 * requests),
  'aws:us-east-1:arm64': (ms, mb) => timed(Math.ceil(ms), (s) => s * (mb / 1024) * 0.0000133334 + 0.2e-6 + 0.4e-6 * requests),
  'gcp:us-central1:gen1': (ms, mb) =>
    timed(100 * Math.ceil(ms / 100), (s) => s * ((mb / 1024) * 0.0000025 + (ghz[mb] ?? Number.NaN) * 0.00001) + 0.4e-6 + 0.4e-6 * requests),
  'gcp:us-central1': (ms, mb) =>
    timed(
      100 * Math.ceil(ms / 100),
      (s) => s * ((mb / 1024) * 0.0000025 + (vcpus[mb] ?? Number.NaN) * 0.000024) + 0.4e-6 + 0.4e-6 * requests,
    ),
  'azure:eastus': (ms, mb) =>
    timed(100 * Math.ceil(Math.max(1000, ms) / 100), (s) => s * (mb / 1024) * 0.000026 + 0.4e-6 + 0.4e-6 * requests),
  'azure:eastus:consumption': (ms, mb) =>
    timed(Math.max(100, Math.ceil(ms)), (s) => s * ((Math.ceil(mb / 128) * 128) / 1024) * 0.000016 + 0.2e-6 + 0.4e-6 * requests),
}
const ghz: Readonly<Record<number, number>> = { 512: 0.8, 2048: 2.4, 4096: 4.8 }
const vcpus: Readonly<Record<number, number>> = { 512: 0.333, 2048: 1, 4096: 2 }
const timed = (ms: number, usd: (seconds: number) => number) => ({ ms, usd: usd(ms / 1000) })
let requests = 0

const truth = (mode: DealingMode): WorkTruth => ({
  memoryMb: [512, 2048, 4096],
  concurrency: [1, 3, 7],
  rounds: 6,
  work: { mode, chunks: 17, chunkBytes: 3e6 },
  cv: 0.2,
  cvChunk: 0.2,
  rate: (memoryMb, together) => Math.min(memoryMb * 0.1e6, 300e6 / together),
  seed: 5,
})

/** Observed memory below the configured one, as only some plans bill it. */
const observed = (records: readonly JournalRecord[]): readonly JournalRecord[] =>
  records.map((record, index) => (record.type === 'sample' ? { ...record, memoryUsedMb: 100 + (index % 90) } : record))

function middle(values: readonly number[]): { median: number; low: number; high: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { median: (at(2) + at(3)) / 2, low: at(0), high: at(5) }
}

function recomputed(records: readonly JournalRecord[], priceAs: string) {
  const rounds = records.filter((record): record is RoundRecord => record.type === 'round')
  const samples = records.filter((record): record is Sample => record.type === 'sample')
  const bill = bills[priceAs]
  if (bill === undefined) throw new Error(priceAs)
  const cells = new Map<string, RoundRecord[]>()
  for (const round of rounds) {
    const key = `${round.memoryMb}/${round.concurrency}`
    cells.set(key, [...(cells.get(key) ?? []), round])
  }
  return [...cells].map(([key, own]) => {
    const perRound = own.map(({ id, memoryMb = 0 }) => {
      const ran = samples.filter(({ round }) => round === id)
      const chunks = ran.flatMap((sample) => sample.chunks ?? [])
      const billed = ran.map((sample) => {
        requests = sample.values?.['requests'] ?? Number.NaN
        return bill(sample.durationMs ?? Number.NaN, priceAs.endsWith('consumption') ? (sample.memoryUsedMb ?? Number.NaN) : memoryMb)
      })
      return {
        responseMs: Math.max(...chunks.map(({ endMs }) => endMs)) - Math.min(...ran.map((sample) => sample.startedAtMs ?? Number.NaN)),
        aggregatedMs: chunks.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs), 0),
        billedMs: billed.reduce((sum, { ms }) => sum + ms, 0),
        usd: billed.reduce((sum, { usd }) => sum + usd, 0),
      }
    })
    const of = (name: 'responseMs' | 'aggregatedMs' | 'billedMs' | 'usd') => middle(perRound.map((round) => round[name]))
    return { key, responseMs: of('responseMs'), aggregatedMs: of('aggregatedMs'), billedMs: of('billedMs'), usd: of('usd') }
  })
}

const close = (found: number | undefined, expected: number): void =>
  expect(Math.abs((found ?? Number.NaN) / expected - 1)).toBeLessThan(1e-9)

const cases = Object.keys(bills).flatMap((priceAs) => (['pull', 'one-per-invocation'] as const).map((mode) => [priceAs, mode] as const))

test.each(cases)('%s, %s: every number is that of a recomputation from the records', (priceAs, mode) => {
  const records = observed(workRecords(truth(mode)))
  const expected = recomputed(records, priceAs)
  const map = analyzeJournal(assembleJournal(records), { costMap: { priceAs }, resamples: 20 }).costMap
  expect(map?.cells).toHaveLength(9)
  const cheapest = Math.min(...expected.map(({ usd }) => usd.median))
  for (const cell of map?.cells ?? []) {
    const own = expected.find(({ key }) => key === `${cell.memoryMb}/${cell.concurrency}`)
    if (own === undefined) throw new Error('no such cell')
    for (const name of ['responseMs', 'aggregatedMs', 'billedMs', 'usd'] as const) {
      close(cell[name]?.median, own[name].median)
      close(cell[name]?.interval?.low, own[name].low)
      close(cell[name]?.interval?.high, own[name].high)
    }
    close(cell.relativeCost?.median, own.usd.median / cheapest)
    close(cell.relativeCost?.interval?.high, own.usd.high / cheapest)
  }
  const front = expected.filter(
    (own) =>
      !expected.some((other) => other !== own && other.usd.median <= own.usd.median && other.responseMs.median <= own.responseMs.median),
  )
  expect(map?.front.map(({ memoryMb, concurrency }) => `${memoryMb}/${concurrency}`)).toEqual(
    front.toSorted((a, b) => a.responseMs.median - b.responseMs.median).map(({ key }) => key),
  )
  close(map?.cheapest?.usd, cheapest)
  close(map?.fastest?.responseMs, Math.min(...expected.map(({ responseMs }) => responseMs.median)))
})
