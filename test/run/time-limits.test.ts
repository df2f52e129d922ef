import { expect, test } from 'vitest'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { longestMs, timeLimits } from '../../src/run/time-limits.ts'
import { undeployable } from './fake-provider.ts'

test('the longest run has every round at its limits, twice, and an hour beside', () => {
  const shape = { memoryMb: [128], concurrency: [1, 2], repetitions: 3, restMs: 500 }
  const planned = plan(defineExperiment({ provider: undeployable(), probe: iperf3({ seconds: 2 }), ...shape }))
  expect(longestMs(planned, 500, timeLimits({ readyTimeoutMs: 1000 }))).toBe(3_600_000 + 6 * 2 * (2000 + 1000 + 10_000 + 500))
})
