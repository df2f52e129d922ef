import { afterAll, describe, expect, test } from 'vitest'
import type { Direction, RoundDirection } from '../../src/model/journal-record.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

// The known truths of the local host, through the whole chain, in both directions.

/** Payload over wire: 1500 bytes of packet hold 1448 of payload and take 1514 on the wire. */
const payload = 1448 / 1514
const levels = [1, 2, 8, 26]
// What else runs on this machine must not decide a test; that a saturated host is seen has tests of its own.
const whateverElseRuns = { hostIdle: -1 }

// Nothing goes faster than it is shaped, but for what a loss held back in the warm-up; a machine that stands still for some milliseconds makes
// it slower, the more so in short rounds. Low rates have buckets for longer stops.
// `bench/sharing.ts` measures the same at full length.
const reportOf = async (options: LocalOptions, direction: readonly RoundDirection[], repetitions: number) =>
  analyze(
    await run(
      defineExperiment({
        provider: local(options),
        probe: iperf3({ seconds: 0.8 }),
        memoryMb: [2048],
        concurrency: levels,
        direction,
        repetitions,
      }),
    ),
    whateverElseRuns,
  )

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

describe.each<{
  options: LocalOptions
  directions: readonly RoundDirection[]
  repetitions: number
  verdict: object
  aggregate: (n: number) => number
}>([
  {
    options: { uplinkBitsPerSecond: 60e6, sharing: 'fifo' },
    directions: ['both'],
    repetitions: 3,
    verdict: { verdict: 'shared', upToConcurrency: 26 },
    aggregate: () => 60e6,
  },
  {
    options: { uplinkBitsPerSecond: 60e6, sharing: 'capped', capBitsPerSecond: 15e6 },
    directions: ['download'],
    repetitions: 3,
    verdict: { verdict: 'capped' },
    aggregate: (n) => Math.min(n * 15e6, 60e6),
  },
  {
    options: { uplinkBitsPerSecond: 300e6, sharing: 'fair' },
    directions: ['both'],
    repetitions: 1,
    // Equal shares are the point here; the curve is that of fifo.
    verdict: { verdict: 'inconclusive' },
    aggregate: () => 300e6,
  },
])('$options', ({ options, directions, repetitions, verdict, aggregate }) => {
  test('verdict and aggregate at every n', { timeout: 240_000 }, async () => {
    const report = await reportOf(options, directions, repetitions)
    const seen: readonly Direction[] = ['download', 'upload']
    for (const direction of seen.filter((one) => directions.includes(one) || directions.includes('both'))) {
      const finding = report.sharing.find((sharing) => sharing.direction === direction)
      expect(finding, JSON.stringify(finding)).toMatchObject(verdict)
      if (finding?.knee) expect(finding.knee.value / 4).toSatisfy((ratio) => Math.abs(ratio - 1) < 0.15)
      for (const cell of report.cells.filter((one) => one.direction === direction)) {
        const ratio = (cell.aggregate.medianBitsPerSecond ?? 0) / (aggregate(cell.concurrency) * payload)
        // A cap has a bucket of 64 kB: full at the start of a short window it adds 6 %.
        expect(ratio, `${direction}, n = ${cell.concurrency}`).toBeLessThan(options.sharing === 'capped' ? 1.12 : 1.06)
        expect(ratio, `${direction}, n = ${cell.concurrency}`).toBeGreaterThan(0.75)
        if (options.sharing === 'fair' && cell.concurrency > 1) expect(cell.fairness?.jain).toBeGreaterThan(0.97)
      }
    }
  })
})
