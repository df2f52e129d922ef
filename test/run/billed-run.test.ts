import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

let folder: string
let journal: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-billed-'))
  journal = join(folder, 'journal.ndjson')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  expect(leftOf(process.pid)).toEqual([])
})

/** Real functions on this host, billed as if they were Lambdas; nothing beside measuring was foreseen, so that they cost more than quoted. */
function billed(usd: number | undefined) {
  const here = local({ uplinkBitsPerSecond: 20e6, sharing: 'fair' })
  const provider: Provider = {
    ...here,
    billedAs: { name: 'aws', region: 'eu-north-1', architecture: 'arm64' },
    check: async (demand) => ({ ...(await here.check(demand)), name: 'aws' }),
  }
  return defineExperiment({
    provider,
    probe: iperf3({ seconds: 0.4 }),
    memoryMb: [512],
    concurrency: [2],
    repetitions: 6,
    quote: { overheadMs: 0 },
    ...(usd !== undefined && { budget: { usd } }),
  })
}

test('a budget in dollars ends a run before it is passed; the data are kept, and the bill stands beside the quote', {
  timeout: 120_000,
}, async () => {
  // 6 rounds of 2 functions of 0.4 s, 0.2 s more in the first; each function really takes 0.2 s at least for the agreed start.
  const quoted = plan(billed(undefined)).quote?.usd ?? 0
  expect(quoted).toBeCloseTo(2 * 2.6 * 0.5 * 0.0000133334 + 12 * 0.0000002, 15)
  await expect(run(billed(quoted), { journal })).rejects.toMatchObject({ name: 'MeasurementError', code: 'BUDGET_REACHED' })
  const kept = await loadJournal(journal)
  expect(kept.end).toMatchObject({ stoppedBy: 'budget', rounds: kept.rounds.length })
  expect(kept.rounds.length).toBeLessThan(6)
  const partly = (await analyze(kept)).cost
  expect(partly?.finalUsd).toBeLessThanOrEqual(quoted)
  expect(kept.experiment).toMatchObject({ quote: { usd: quoted }, priceBook: { version: '2026-11', date: '2026-11-22' } })

  await run(billed(1), { journal, resume: true })
  const { cost, warnings } = await analyze(journal)
  expect(cost?.quotedUsd).toBe(quoted)
  expect(cost?.finalUsd).toBeGreaterThan(quoted)
  expect(cost?.items.find(({ meter }) => meter === 'requests')?.quantity).toBe(12)
  expect(warnings).toContainEqual({ code: 'cost', message: expect.stringMatching(/did not tell the billed time of 12 of 12/) })
})
