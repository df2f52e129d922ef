import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { countedRounds } from '../../src/analysis/counted-rounds.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { nextRounds } from '../../src/run/next-rounds.ts'
import { plan } from '../../src/run/plan.ts'
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

test('what is rehearsed is in the journal and in no figure; what counts ran before; its bytes are spent', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netfair-rehearsals-'))
  const journal = join(folder, 'journal.ndjson')
  try {
    const events: RunEvent[] = []
    const measured = await run(experiment(100e6), { journal, onProgress: (event) => events.push(event) })
    const { experiment: record, rounds, samples } = measured
    expect(record.plan.rehearsals).toBe(2)
    expect(rounds.map(({ id, rehearsal = false }) => [id, rehearsal])).toEqual([
      ['512MB-n2-download-r0', false],
      ['rehearsal-512MB-n2-download-r0', true],
      ['rehearsal-512MB-n2-download-r1', true],
    ])
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(6).fill('completed'))
    const own = samples.filter(({ round }) => round === '512MB-n2-download-r0')
    expect(own.map(({ coldStart }) => coldStart)).toEqual([false, false])
    const report = analyzeJournal(measured)
    expect(report.cells.map(({ rounds: counted, samples: counting }) => [counted, counting])).toEqual([[1, 2]])
    expect(report.excluded.filter(({ round = '' }) => round.startsWith('rehearsal'))).toEqual([])
    expect(nextRounds(plan(experiment(100e6)), countedRounds(measured)).rounds).toEqual([])
    expect(events).toContainEqual({ kind: 'rehearsing', rounds: 2 })
    const of3Rounds = samples.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    await expect(run(experiment(0.5 * of3Rounds), { journal, overwrite: true })).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
    expect((await loadJournal(journal)).rounds.every(({ rehearsal }) => rehearsal)).toBe(true)
    expect(leftOf(process.pid)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
