import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

const experiment = (bytes: number) =>
  defineExperiment({
    provider: local({ uplinkBitsPerSecond: 20e6, sharing: 'fair' }),
    probe: iperf3({ seconds: 0.3 }),
    memoryMb: [512],
    concurrency: [2],
    repetitions: 1,
    rehearsals: 2,
    warmUpMs: 0,
    budget: { bytes },
  })

test('what is rehearsed is not recorded, and what is recorded ran before; its bytes are spent', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netfair-rehearsals-'))
  const journal = join(folder, 'journal.ndjson')
  try {
    const events: RunEvent[] = []
    const { experiment: record, rounds, samples } = await run(experiment(100e6), { journal, onProgress: (event) => events.push(event) })
    expect(record.plan.rehearsals).toBe(2)
    expect(rounds.map(({ id }) => id)).toEqual(['512MB-n2-download-r0'])
    expect(samples.map(({ outcome, coldStart }) => [outcome, coldStart])).toEqual([
      ['completed', false],
      ['completed', false],
    ])
    expect(events).toContainEqual({ kind: 'rehearsing', rounds: 2 })
    const of3Rounds = 3 * samples.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    await expect(run(experiment(0.8 * of3Rounds), { journal, overwrite: true })).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
    expect((await loadJournal(journal)).rounds).toEqual([])
    expect(leftOf(process.pid)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
