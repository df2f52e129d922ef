import { expect } from 'vitest'
import type { Direction, RoundDirection } from '../../src/model/journal-record.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'

/** What is known of a host before anything is measured. */
export interface KnownTruth {
  readonly options: LocalOptions
  readonly directions: readonly RoundDirection[]
  readonly repetitions: number
  readonly verdict: object
  /** Of n functions together, in bits per second on the wire. */
  readonly aggregate: (n: number) => number
}

/** Payload over wire: 1500 bytes of packet hold 1448 of payload and take 1514 on the wire. */
const payload = 1448 / 1514
const levels = [1, 2, 8, 26]
// What else runs on this machine must not decide a test; that a saturated host is seen has tests of its own.
const whateverElseRuns = { hostIdle: -1 }

/**
 * Measures through the whole chain: verdict, aggregate at every n, and shares where they are equal.
 *
 * Nothing goes faster than it is shaped, but for what a loss held back in the warm-up; a machine that stands still for some milliseconds makes
 * it slower, the more so in short rounds. Low rates have buckets for longer stops. `bench/sharing.ts` measures the same at full length.
 */
export async function expectTruth({ options, directions, repetitions, verdict, aggregate }: KnownTruth): Promise<void> {
  const shape = { memoryMb: [2048], concurrency: levels, direction: directions, repetitions }
  const journal = await run(defineExperiment({ provider: local(options), probe: iperf3({ seconds: 1 }), ...shape }))
  const report = await analyze(journal, whateverElseRuns)
  const seen: readonly Direction[] = ['download', 'upload']
  for (const direction of seen.filter((one) => directions.includes(one) || directions.includes('both'))) {
    const finding = report.sharing.find((sharing) => sharing.direction === direction)
    expect(finding, JSON.stringify(finding)).toMatchObject(verdict)
    if (finding?.knee) expect(finding.knee.value / 4).toSatisfy((ratio) => Math.abs(ratio - 1) < 0.15)
    for (const cell of report.cells.filter((one) => one.direction === direction)) {
      const ratio = (cell.aggregate.medianBitsPerSecond ?? 0) / (aggregate(cell.concurrency) * payload)
      expect(ratio, `${direction}, n = ${cell.concurrency}`).toBeLessThan(1.06)
      expect(ratio, `${direction}, n = ${cell.concurrency}`).toBeGreaterThan(0.75)
      if (options.sharing === 'fair' && cell.concurrency > 1) expect(cell.fairness?.jain).toBeGreaterThan(0.99)
    }
  }
}
