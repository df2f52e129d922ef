import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompletedSample, ExperimentRecord, JournalRecord, RoundRecord } from '../../src/model/journal-record.ts'

export const experiment: ExperimentRecord = {
  type: 'experiment',
  schema: 'netfair.journal/1',
  id: 'e1',
  createdAt: '2026-11-22T06:00:00Z',
  tool: { name: 'netfair', version: '0.1.0' },
  provider: { name: 'local', tier: 'privileged' },
  probe: { name: 'iperf3', version: '1' },
  plan: { concurrency: [1, 2], repetitions: 2, seed: 1 },
}

export const round = (id: string, more: Partial<RoundRecord> = {}): RoundRecord => ({
  type: 'round',
  id,
  direction: 'download',
  memoryMb: 2048,
  concurrency: 2,
  repetition: 0,
  ...more,
})

export const sample = (of: string, invocation: number, more: Partial<CompletedSample> = {}): CompletedSample => ({
  type: 'sample',
  round: of,
  invocation,
  outcome: 'completed',
  instance: `i${invocation}`,
  direction: 'download',
  bytes: 1000,
  startedAtMs: 1000,
  endedAtMs: 2000,
  intervals: [
    [1000, 1500, 400],
    [1500, 2000, 600],
  ],
  ...more,
})

/** A whole little journal. */
export const whole: readonly JournalRecord[] = [
  experiment,
  round('a'),
  sample('a', 0),
  sample('a', 1),
  round('a', { completed: true }),
  { type: 'end', completedAt: '2026-11-22T06:10:00Z' },
]

export const text = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('')

/** A stream of the text, in chunks of any size. */
export async function* streamOf(content: string | Buffer, chunkBytes = 65536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content)
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes)
}

export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-journal-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
