import { afterAll, expect, test } from 'vitest'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

// The known truths of the local host, through the whole chain. What else runs on this machine must not decide: low rates, and shares that
// lie far apart. One queue is a lottery
// of packets of 64 kB, so that a short run may be told nothing; but never the wrong thing.
const whateverElseRuns = { hostIdle: -1 }

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

test.each<{ options: LocalOptions; verdict: string; loss: readonly [least: number, most: number] }>([
  { options: { uplinkBitsPerSecond: 300e6, sharing: 'fifo', queueMs: 40 }, verdict: 'per-flow', loss: [0.75, 1] },
  { options: { uplinkBitsPerSecond: 40e6, sharing: 'fair' }, verdict: 'per-function', loss: [0.65, 0.85] },
  {
    options: { uplinkBitsPerSecond: 400e6, sharing: 'capped', capBitsPerSecond: 10e6 },
    verdict: 'isolated',
    loss: [-0.3, 0.3],
  },
])('$options.sharing is $verdict', { timeout: 120_000 }, async ({ options, verdict, loss: [least, most] }) => {
  const experiment = defineExperiment({
    provider: local(options),
    probe: iperf3({ seconds: 0.8 }),
    memoryMb: [2048],
    aggressor: { neighbours: [0, 3], streams: [1, 8] },
    repetitions: 3,
  })
  const journal = await run(experiment)
  expect(journal.experiment.plan.aggressor).toEqual({ victims: 1, neighbours: [0, 3], streams: [1, 8] })
  for (const { invocation, role } of journal.samples) expect(role).toBe(invocation === 0 ? 'victim' : 'neighbour')
  const report = await analyze(journal, whateverElseRuns)
  expect(report.sharing).toEqual([])
  expect(report.fairness).toEqual([])
  const [finding] = report.aggressor ?? []
  expect(options.sharing === 'fifo' ? [verdict, 'inconclusive'] : [verdict], JSON.stringify(finding)).toContain(finding?.verdict)
  const worst = finding?.victims.at(-1)
  expect(worst).toMatchObject({ neighbours: 3, streams: 8 })
  expect(worst?.lossRatio).toBeGreaterThan(least)
  expect(worst?.lossRatio).toBeLessThan(most)
})
