import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { aws } from '../../src/providers/aws.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { type AwsBed, startAwsBed } from '../test-bed/aws.ts'

let folder: string
let journal: string
let target: StartedTarget
let bed: AwsBed

beforeAll(async () => {
  target = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  bed = await startAwsBed({ concurrency: 120, maxMemoryMb: 3008 })
  Object.assign(process.env, bed.environment)
})
afterAll(async () => {
  await bed[Symbol.asyncDispose]()
  await target.dispose()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-clouds-run-'))
  journal = join(folder, 'journal.ndjson')
})
afterEach(() => {
  bed.faults.clear()
  rmSync(folder, { recursive: true })
  // However a run ends, nothing of it stays in the account.
  expect(bed.remains()).toEqual([])
})

const onLambda = (options: Partial<ExperimentOptions> = {}): Experiment =>
  defineExperiment({
    provider: aws({ region: bed.region, roleArn: bed.roleArn, vpc: bed.vpc }),
    probe: iperf3({ seconds: 0.4 }),
    memoryMb: [256],
    concurrency: [2],
    repetitions: 2,
    target: target.target,
    ...options,
  })

const served = (operation: string) => bed.requests.filter((request) => request.operation === operation)

describe('before anything is made', () => {
  test.each<[string, Partial<ExperimentOptions>, string, RegExp]>([
    ['more at once than the account has', { concurrency: [1, 121] }, 'INVALID_CONCURRENCY', /121/],
    ['a size that is not on offer', { memoryMb: [256, 100] }, 'INVALID_MEMORY', /100/],
    ['a quote beyond the budget', { budget: { usd: 1e-6 } }, 'QUOTE_OVER_BUDGET', /budget/],
  ])('%s is refused', async (_, options, code, message) => {
    const before = served('CreateFunction').length
    await expect(run(onLambda(options), { journal })).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(served('CreateFunction')).toHaveLength(before)
  })
})

test('a provider factor is one function for each level, and the cells of the report tell them apart', async () => {
  const before = served('CreateFunction').length
  const experiment = onLambda({ factors: { path: ['public', 'vpc'] }, concurrency: [1], repetitions: 1 })
  const { cells } = await analyze(await run(experiment, { journal }))
  expect(served('CreateFunction')).toHaveLength(before + 2)
  expect(new Set(served('CreateFunction').map(({ name }) => name)).size).toBeGreaterThanOrEqual(2)
  expect(cells.map(({ factors, failed, instances }) => ({ factors, failed, instances }))).toEqual([
    { factors: { path: 'public' }, failed: 0, instances: 1 },
    { factors: { path: 'vpc' }, failed: 0, instances: 1 },
  ])
})

test('a throttled invocation is data: the others measure, the round does not count and is not repeated', async () => {
  const repeated: string[] = []
  const onProgress = ({ kind }: { readonly kind: string }) => {
    if (kind === 'round-started' && repeated.length === 0) bed.faults.fail('Invoke', 'throttled', { skip: 1, times: 1000 })
    if (kind === 'round-ended') bed.faults.clear()
    repeated.push(kind)
  }
  await run(onLambda(), { journal, readyTimeoutMs: 1500, onProgress: (event) => event.kind.startsWith('round') && onProgress(event) })
  expect(repeated).not.toContain('round-repeated')
  const text = readFileSync(journal, 'utf8')
  for (const secret of bed.secrets) expect(text).not.toContain(secret)
  const { samples } = await loadJournal(journal)
  expect(samples.filter(({ outcome }) => outcome === 'failed')).toMatchObject([{ error: { code: 'INVOCATION_THROTTLED' }, billedMs: 0 }])
  const { cells, excluded, warnings } = await analyze(journal)
  expect(warnings.filter(({ code }) => code === 'cost')).toEqual([])
  expect(cells).toMatchObject([{ rounds: 2, roundsUsed: 1, failed: 1 }])
  expect(excluded).toMatchObject([{ code: 'failed-invocation', message: expect.stringContaining('INVOCATION_THROTTLED') }])
})

test('an invocation that failed costs what Lambda has billed for it', async () => {
  let begun = 0
  const onProgress = ({ kind }: { readonly kind: string }) => {
    if (kind === 'round-started' && begun++ === 1) bed.faults.crash(2)
  }
  await run(onLambda(), { journal, readyTimeoutMs: 1500, onProgress })
  const { samples } = await loadJournal(journal)
  const billed = samples.map(({ outcome, error, billedMs }: { outcome: string; error?: { code: string }; billedMs?: number }) => [
    error?.code ?? outcome,
    billedMs,
  ])
  expect(billed.toSorted()).toEqual([
    ['AGENT_DIED', expect.any(Number)],
    ['AGENT_DIED', expect.any(Number)],
    ['completed', expect.any(Number)],
    ['completed', expect.any(Number)],
  ])
  const { warnings } = await analyze(journal)
  expect(warnings.filter(({ code }) => code === 'cost')).toEqual([])
})

test('a budget ends the run before it is passed, by what Lambda has billed', async () => {
  // Nothing beside measuring is foreseen; each function really takes 0.2 s more for the agreed start.
  const options = { repetitions: 6, quote: { overheadMs: 0 } }
  const usd = plan(onLambda(options)).quote?.usd ?? 0
  const running = run(onLambda({ ...options, budget: { usd } }), { journal })
  await expect(running).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
  const { end, rounds, samples } = await loadJournal(journal)
  expect(end).toMatchObject({ stoppedBy: 'budget' })
  expect(rounds.length).toBeLessThan(6)
  expect(samples.every(({ billedMs = 0, durationMs = 0 }) => billedMs >= durationMs)).toBe(true)
  const { cost, warnings } = await analyze(journal)
  expect(cost?.finalUsd).toBeLessThanOrEqual(usd)
  expect(warnings.filter(({ code }) => code === 'cost')).toEqual([])
})
