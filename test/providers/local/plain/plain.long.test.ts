import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { loadJournal } from '../../../../src/journal/reader.ts'
import type { Report } from '../../../../src/model/report.ts'
import { iperf3 } from '../../../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../../../src/providers/local.ts'
import { analyze } from '../../../../src/run/analyze.ts'
import type { RunEvent } from '../../../../src/run/event.ts'
import { defineExperiment, type ExperimentOptions } from '../../../../src/run/experiment.ts'
import { type RunOptions, run } from '../../../../src/run/run.ts'
import { childrenOf, leftOf } from './children.ts'

const goodput = (bitsPerSecond: number): number => (bitsPerSecond * 1448) / 1514
const fifo: LocalOptions = { uplinkBitsPerSecond: 100e6, sharing: 'fifo' }

const experiment = (options: LocalOptions, more: Partial<ExperimentOptions> = {}) =>
  defineExperiment({
    provider: local({ ...options, tier: 'plain' }),
    probe: iperf3({ seconds: 1 }),
    memoryMb: [256],
    concurrency: [4],
    repetitions: 1,
    ...more,
  })

/** In the order of n, then of directions. */
const cellsOf = ({ cells }: Report) => cells.toSorted((a, b) => a.concurrency - b.concurrency)

afterEach(() => expect(leftOf(process.pid)).toEqual([]))

describe.each<{ options: LocalOptions; levels: number[]; aggregate: (n: number) => number }>([
  { options: fifo, levels: [1, 4], aggregate: () => 100e6 },
  { options: { ...fifo, sharing: 'fair' }, levels: [4], aggregate: () => 100e6 },
  { options: { ...fifo, sharing: 'capped', capBitsPerSecond: 20e6 }, levels: [4], aggregate: (n) => n * 20e6 },
])('$options.sharing', ({ options, levels, aggregate }) => {
  test('shows the policy it was given, in both directions, and claims nothing', async () => {
    const journal = await run(experiment(options, { concurrency: levels, direction: ['download', 'upload'] }))
    expect(journal.experiment).toMatchObject({
      provider: { name: 'local', tier: 'plain' },
      environment: { ...options, topology: 'loopback' },
    })
    for (const key of ['congestionControl', 'vcpus', 'queueMs']) expect(journal.experiment.environment).not.toHaveProperty(key)
    const report = await analyze(journal, { hostIdle: -1 })
    expect(cellsOf(report)).toHaveLength(2 * levels.length)
    for (const { concurrency, failed, aggregate: measured, fairness } of cellsOf(report)) {
      expect(failed).toBe(0)
      const ratio = (measured?.medianBitsPerSecond ?? 0) / goodput(aggregate(concurrency))
      expect(ratio).toBeGreaterThan(0.6)
      expect(ratio).toBeLessThan(1.1) // after a stop of the machine what a bucket holds may come on top
      if (concurrency > 1) expect(fairness?.jain).toBeGreaterThan(0.95)
    }
    for (const finding of [...report.sharing, ...report.memory, ...report.fairness]) {
      expect(finding).toMatchObject({
        verdict: 'inconclusive',
        reasons: expect.arrayContaining([expect.objectContaining({ code: 'tier' })]),
      })
    }
  })
})

test('without a limit, and on several hosts with an uplink each', async () => {
  const free = await analyze(await run(experiment({ sharing: 'none' }, { concurrency: [2] })), { hostIdle: -1 })
  expect(free.cells[0]).toMatchObject({ failed: 0 })
  expect(free.cells[0]?.aggregate?.medianBitsPerSecond).toBeGreaterThan(200e6)
  const two = await analyze(await run(experiment({ ...fifo, hosts: 2, placement: 'spread' }, { concurrency: [2] })), { hostIdle: -1 })
  expect((two.cells[0]?.aggregate?.medianBitsPerSecond ?? 0) / goodput(200e6)).toBeGreaterThan(0.6)
})

test('supports no claim, and needs nothing', () => {
  const provider = local({ ...fifo, tier: 'plain' })
  expect(provider.supports('network-isolation')).toBe(false)
  expect(provider.supports('memory-effects')).toBe(false)
})

describe('faults', () => {
  const journal = join(tmpdir(), `plain-faults-${process.pid}.ndjson`)
  afterEach(() => rmSync(journal, { force: true }))

  /** Runs `breakIt` in the middle of the first round. */
  function runAndBreak(breakIt: () => void, options: RunOptions = {}) {
    let broken: NodeJS.Timeout | undefined
    const onProgress = ({ kind }: RunEvent): void => {
      if (kind === 'round-started') broken ??= setTimeout(breakIt, 700)
    }
    return run(experiment(fifo, { repetitions: 2 }), { ...options, journal, onProgress }).finally(() => clearTimeout(broken))
  }

  test('an agent that is killed is a failed sample; the next round has a new one', async () => {
    const { samples, rounds } = await runAndBreak(() => process.kill(childrenOf(process.pid).agents[0] ?? -1, 'SIGKILL'))
    const failures = samples.filter(({ outcome }) => outcome !== 'completed')
    expect(failures).toMatchObject([{ round: rounds[0]?.id, error: { code: 'AGENT_DIED' } }])
    expect(samples).toHaveLength(8)
  })

  test('a target that is killed ends the run', async () => {
    const failure = runAndBreak(() => {
      for (const pid of childrenOf(process.pid).target) process.kill(pid, 'SIGKILL')
    })
    await expect(failure).rejects.toMatchObject({ code: 'TARGET_GONE' })
    const { samples } = await loadJournal(journal)
    expect(new Set(samples.map(({ outcome }) => outcome))).toEqual(new Set(['failed']))
  })

  test('an aborted run', async () => {
    const controller = new AbortController()
    const failure = runAndBreak(() => controller.abort(new Error('enough')), { signal: controller.signal })
    await expect(failure).rejects.toThrow('enough')
  })
})
