import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom, shuffled } from '../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../src/journal/assemble.ts'
import { journalText } from '../../src/journal/journal-text.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { JournalRecord, Sample } from '../../src/model/journal-record.ts'
import { syntheticJournal } from '../../src/testing/index.ts'
import { sample, streamOf, text, whole } from './records.ts'

const records = (seed: number, direction: 'download' | 'both'): readonly JournalRecord[] => {
  const of = {
    truth: 'capped',
    seed,
    direction,
    concurrency: [1, 2, 4, 6],
    rounds: 4,
    seconds: 1,
    startJitterMs: 20,
    cvWithin: 0.1,
  } as const
  const { experiment, rounds, samples, end } = syntheticJournal(of)
  return [experiment, ...rounds, ...samples, ...(end === undefined ? [] : [end])]
}

/** What interruptions, resumed runs and torn files do to a journal. */
function disturbed(original: readonly JournalRecord[], seed: number): readonly JournalRecord[] {
  const random = seededRandom(seed)
  const touched = original.flatMap((record): readonly JournalRecord[] => {
    const chance = random()
    if (record.type === 'round') {
      const again = { ...record, attempt: 1, completed: chance < 0.1 }
      return chance < 0.2 ? [record, again] : [record]
    }
    if (record.type !== 'sample') return [record]
    if (chance < 0.2) return [record, record]
    if (chance < 0.23) return [record, moved(record)]
    if (chance < 0.4) return [record, { ...record, attempt: 1 }]
    return [chance < 0.6 ? withoutDirection(record) : record]
  })
  return shuffled(touched, random)
}

function moved(record: Sample): Sample {
  return { ...record, intervals: (record.intervals ?? []).map(([start, end, bytes], index) => [start, end, index === 0 ? 0 : bytes]) }
}

function withoutDirection({ direction: _, ...rest }: Sample): Sample {
  return rest as Sample
}

test('a journal read from a file gives the same report, byte for byte, as its records in memory', async () => {
  const options = { resamples: 50, fairnessResamples: 50, persistenceResamples: 50 }
  const anyRun = fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom('download', 'both'), async (seed, direction) => {
    const given = disturbed(records(seed, direction), seed)
    const [read, inMemory] = [await loadJournal(streamOf(text(given))), assembleJournal(given)]
    expect(read).toEqual(inMemory)
    expect(journalText(read)).toBe(journalText(inMemory))
    expect(JSON.stringify(analyzeJournal(read, options))).toBe(JSON.stringify(analyzeJournal(inMemory, options)))
  })
  await fc.assert(anyRun, { numRuns: 25 })
})

test('intervals that were read are arrays as any others', async () => {
  const { samples } = await loadJournal(streamOf(text(whole)))
  const [read] = samples
  const original = sample('a', 0)
  expect(Array.isArray(read?.intervals)).toBe(true)
  expect(read).toEqual(original)
  expect({ ...read }).toEqual(original)
  expect(structuredClone(read)).toEqual(original)
  expect(JSON.stringify(read)).toBe(JSON.stringify(original))
})

test('intervals take 24 bytes of memory each', async () => {
  const load = async (intervals: number): Promise<{ kept: number; peakBytes: number }> => {
    const program = ['--max-old-space-size=32', join(import.meta.dirname, 'large-loader.ts'), String(intervals)]
    return JSON.parse((await promisify(execFile)(process.execPath, program)).stdout)
  }
  const [few, many] = [await load(1000), await load(2_000_000)]
  expect([few.kept, many.kept]).toEqual([1000, 2_000_000])
  expect(many.peakBytes - few.peakBytes).toBeLessThan(24 * 2_000_000 + 96 * 1024 * 1024)
})
