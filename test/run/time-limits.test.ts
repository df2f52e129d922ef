import { expect, test } from 'vitest'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import type { Demand } from '../../src/providers/provider.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { followingMs, longestMs, timeLimits } from '../../src/run/time-limits.ts'
import { undeployable } from './fake-provider.ts'

test('the provider is asked whether an invocation may take so long', async () => {
  const asked: Demand[] = []
  const check = async (demand: Demand = {}): Promise<never> => {
    asked.push(demand)
    throw new Error('seen')
  }
  const shape = { memoryMb: [128], concurrency: [1, 2], repetitions: 1 }
  const experiment = defineExperiment({ provider: undeployable({ check }), probe: iperf3({ seconds: 2 }), ...shape })
  await expect(run(experiment, { readyTimeoutMs: 1000 })).rejects.toThrow('seen')
  expect(asked).toMatchObject([{ memoryMb: [128], concurrency: 2, invocationMs: 2000 + 1000 + 10_000 }])
})

test('the longest run has every round at its limits, twice, and an hour beside', () => {
  const shape = { memoryMb: [128], concurrency: [1, 2], repetitions: 3, restMs: 500 }
  const planned = plan(defineExperiment({ provider: undeployable(), probe: iperf3({ seconds: 2 }), ...shape }))
  expect(longestMs(planned.rounds, 500, timeLimits({ readyTimeoutMs: 1000 }))).toBe(3_600_000 + 6 * 2 * (2000 + 1000 + 10_000 + 500))
})

test('chunks that are invocations of their own follow each other, and each may take its time', () => {
  const work = { chunks: 2000, chunkBytes: 1000, mode: 'one-per-invocation' as const }
  const shape = { memoryMb: [128], concurrency: [4], repetitions: 1, work }
  const [round] = plan(defineExperiment({ provider: undeployable(), probe: httpDownload({ seconds: 1 }), ...shape })).rounds
  if (round === undefined) throw new Error('no round')
  expect(followingMs(round, timeLimits({}))).toBe(3 * 500 * (15_000 + 5000 + 10_000))
})
