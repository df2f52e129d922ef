import { afterAll, expect, test } from 'vitest'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { latency } from '../../src/probes/latency/latency.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

test('latency under load shows how long the queue of a fifo uplink is, both ways', { timeout: 120_000 }, async () => {
  const experiment = defineExperiment({
    provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo', queueMs: 50 }),
    probe: latency({ load: iperf3({ seconds: 1.5, parallel: 8 }), warmUpMs: 500 }),
    memoryMb: [2048],
    concurrency: [2],
    direction: ['download', 'upload'],
    repetitions: 3,
  })
  const journal = await run(experiment)
  expect(journal.experiment.environment).toMatchObject({ queueMs: 50 })
  expect(journal.experiment.probe.params).toMatchObject({ intervalMs: 20, load: { name: 'iperf3', params: { parallel: 8 } } })
  const report = await analyze(journal)
  expect(report.cells).toHaveLength(2)
  for (const { direction, latency: seen, aggregate, failed } of report.cells) {
    expect(failed).toBe(0)
    const { medianMs = Number.NaN, p95Ms, idleMs = Number.NaN } = seen ?? {}
    expect(idleMs, direction).toBeLessThan(10)
    expect((medianMs - idleMs) / 50, direction).toBeGreaterThan(0.9)
    expect((medianMs - idleMs) / 50, direction).toBeLessThan(1.1)
    expect(p95Ms).toBeGreaterThanOrEqual(medianMs)
    // The load is measured as by itself.
    expect((aggregate.medianBitsPerSecond ?? 0) / ((100e6 * 1448) / 1514), direction).toBeGreaterThan(0.75)
  }
})

test('an idle path has a latency and no rate', async () => {
  const experiment = defineExperiment({
    provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }),
    probe: latency({ seconds: 0.6, intervalMs: 10 }),
    memoryMb: [2048],
    concurrency: [2],
    repetitions: 3,
  })
  const { cells, fairness, excluded } = await analyze(await run(experiment))
  expect(cells).toMatchObject([{ failed: 0, samples: 6, aggregate: { medianBitsPerSecond: null }, latency: expect.anything() }])
  expect(cells[0]?.latency?.medianMs).toBeLessThan(20)
  expect(cells[0]?.latency).not.toHaveProperty('idleMs')
  expect(fairness[0]).toMatchObject({ verdict: 'inconclusive' })
  expect(new Set(excluded.map(({ code }) => code))).toEqual(new Set(['no-bytes']))
})
