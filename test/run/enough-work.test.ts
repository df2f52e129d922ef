import { expect, test } from 'vitest'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { DealingMode } from '../../src/model/fixed-work.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { cellsInNeed } from '../../src/run/enough.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { cellId, plan } from '../../src/run/plan.ts'
import { openingRecord } from '../../src/run/round.ts'
import { undeployable } from './fake-provider.ts'

const work = { chunks: 2, chunkBytes: 10 }

/** A journal of six rounds of each cell; each takes as long as is said. */
function measured(mode: DealingMode, responseMs: (concurrency: number, repetition: number) => number) {
  const experiment = defineExperiment({
    provider: undeployable(),
    probe: httpDownload(),
    memoryMb: [128],
    concurrency: [1, 2],
    stop: { relativeHalfWidth: 0.1 },
    work: { ...work, mode },
  })
  const { stop, cells, rounds, ...planned } = plan(experiment)
  const records = rounds
    .filter(({ repetition }) => repetition < 6)
    .flatMap((round): readonly JournalRecord[] => {
      const endMs = responseMs(round.concurrency, round.repetition)
      const chunk = (id: number) => ({ id: String(id), startMs: 0, endMs, bytes: 10, ok: true })
      const common = { type: 'sample', round: round.id, outcome: 'completed', startedAtMs: 0, endedAtMs: endMs } as const
      const chunks = round.concurrency === 1 ? [[chunk(0), chunk(1)]] : [[chunk(0)], [chunk(1)]]
      const samples = chunks.map((own, invocation) => ({ ...common, invocation, instance: `i${invocation}`, chunks: own }))
      return [...samples, { ...openingRecord(round, 0), completed: true }]
    })
  if (stop === undefined) throw new Error('There is no rule.')
  const record = experimentRecord('simulated', experiment, { ...planned, stop, cells, rounds }, { name: 'simulated', environment: {} })
  const needed = cellsInNeed({ cells, stop }, assembleJournal([record, ...records]))
  return cells.filter((cell) => needed.has(cellId(cell))).map(({ concurrency }) => concurrency)
}

test.each(['pull', 'one-per-invocation'] as const)('%s: a cell is measured until its response time is known well enough', (mode) => {
  expect(measured(mode, () => 1000)).toEqual([])
  expect(measured(mode, (concurrency, repetition) => 1000 + (concurrency === 2 ? 100 * repetition : repetition))).toEqual([2])
})
