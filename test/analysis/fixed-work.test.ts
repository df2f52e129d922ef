import { expect, test } from 'vitest'
import { measureWork } from '../../src/analysis/fixed-work.ts'
import type { DealingMode } from '../../src/model/fixed-work.ts'
import type { Chunk, FailedSample, RoundRecord, Sample } from '../../src/model/journal-record.ts'

const round: RoundRecord = { type: 'round', id: 'r', direction: 'download', concurrency: 2, repetition: 0 }
const work = { mode: 'pull', chunks: 3, chunkBytes: 100 } as const

const chunk = (id: number, startMs: number, endMs: number, rest: Partial<Chunk> = {}): Chunk => ({
  id: String(id),
  startMs,
  endMs,
  bytes: 100,
  ok: true,
  ...rest,
})
const sample = (invocation: number, startedAtMs: number, chunks: readonly Chunk[]): Sample => ({
  type: 'sample',
  round: 'r',
  invocation,
  outcome: 'completed',
  instance: `i${invocation}`,
  startedAtMs,
  endedAtMs: 1000,
  chunks,
})
const failed = (invocation: number, chunks: readonly Chunk[] = []): FailedSample => ({
  type: 'sample',
  round: 'r',
  invocation,
  outcome: 'failed',
  error: { code: 'AGENT_DIED', message: 'It died.' },
  chunks,
})
const measured = (samples: readonly Sample[], mode: DealingMode = 'pull') => measureWork(round, samples, { ...work, mode })
const whole = [sample(0, 10, [chunk(0, 12, 40), chunk(2, 41, 95)]), sample(1, 11, [chunk(1, 11, 60)])]

test('from the first start of a function to the end of the last chunk; Σ over chunks', () => {
  expect(measured(whole)).toMatchObject({ responseMs: 85, aggregatedMs: 28 + 54 + 49, failedTries: 0 })
})

test('a try that failed costs time, and is not summed', () => {
  const retried = [sample(0, 10, [chunk(0, 12, 40), chunk(1, 41, 95)]), sample(1, 11, [chunk(1, 11, 30, { ok: false }), chunk(2, 30, 60)])]
  expect(measured(retried)).toMatchObject({ responseMs: 85, aggregatedMs: 28 + 54 + 30, failedTries: 1 })
})

test.each([
  ['a chunk that is missing', [whole[0] as Sample, sample(1, 11, [])], 'unfinished-work', /1 of 3 chunks were not moved/],
  ['one that counts twice', [...whole, sample(2, 50, [chunk(1, 50, 60)])], 'conflict', /1 of its chunks are counted twice/],
  ['one too many', [...whole, sample(2, 50, [chunk(3, 50, 60)])], 'conflict', /it counts 4 chunks, not 3/],
  [
    'a wrong number of bytes',
    [whole[0] as Sample, sample(1, 11, [chunk(1, 11, 60, { bytes: 99 })])],
    'conflict',
    /chunk 1 has 99 bytes, not 100/,
  ],
  ['a function that died', [whole[0] as Sample, failed(1), sample(2, 99, [chunk(1, 99, 150)])], 'failed-invocation', /AGENT_DIED/],
  ['a function without a sample', [sample(0, 1, [chunk(0, 1, 2), chunk(1, 2, 3), chunk(2, 3, 4)])], 'failed-invocation', /left no sample/],
])('pull: %s excludes the round', (_, samples, code, message) => {
  expect(measured(samples)).toEqual({ code, message: expect.stringMatching(message), round: 'r' })
})

test('two functions of a pull in one instance took turns', () => {
  const turns = whole.map((each) => ({ ...each, instance: 'one' }) as Sample)
  expect(measured(turns)).toMatchObject({ code: 'reused-instances' })
})

test('one an invocation: one that died is a try like any other, and instances serve many', () => {
  const samples = [
    sample(0, 10, [chunk(0, 10, 20)]),
    failed(1),
    { ...sample(2, 20, [chunk(1, 22, 30)]), instance: 'i0' } as Sample,
    sample(3, 21, [chunk(2, 25, 50)]),
  ]
  expect(measured(samples, 'one-per-invocation')).toMatchObject({ responseMs: 40, aggregatedMs: 10 + 8 + 25 })
})

test('what a failed function has moved counts all the same', () => {
  const samples = [failed(0, [chunk(0, 5, 20), chunk(1, 20, 30)]), sample(1, 10, [chunk(2, 12, 50)])]
  expect(measured(samples, 'one-per-invocation')).toMatchObject({ responseMs: 45, failedTries: 0 })
})
