import { afterAll, expect, test } from 'vitest'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'

// Hosts declare themselves: what counts is how many functions share an uplink, not how many were asked for.

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

const uplinkBitsPerSecond = 60e6
/** 1500 bytes of packet hold 1448 of payload and take 1514 on the wire. */
const payload = 1448 / 1514
// What else runs on this machine must not decide a test.
const whateverElseRuns = { hostIdle: -1 }

const spread = async () =>
  run(
    defineExperiment({
      provider: local({ uplinkBitsPerSecond, sharing: 'fifo', hosts: 2, placement: 'spread' }),
      probe: iperf3({ seconds: 1 }),
      memoryMb: [2048],
      concurrency: [1, 2, 4, 8, 16],
      repetitions: 4,
    }),
  )

test('two hosts, functions spread over them: shared, by host and with its capacity', { timeout: 240_000 }, async () => {
  const journal = await spread()
  const { sharing, colocation } = await analyze(journal, whateverElseRuns)
  const [finding] = sharing
  expect(finding, JSON.stringify(finding)).toMatchObject({ verdict: 'shared', counted: 'same-host', upToConcurrency: 8 })
  const capacity = (finding?.capacityBitsPerSecond ?? 0) / (uplinkBitsPerSecond * payload)
  expect(capacity).toBeGreaterThan(0.8)
  expect(capacity).toBeLessThan(1.06)
  for (const { concurrency, together, unknownShare } of colocation?.landed ?? []) {
    expect({ concurrency, together: together.median, unknownShare }).toEqual({
      concurrency,
      together: Math.ceil(concurrency / 2),
      unknownShare: 0,
    })
  }

  // The same rates without their hosts: two functions do not seem to share, and all together seem to have twice the uplink.
  const hidden = {
    ...journal,
    experiment: { ...journal.experiment, provider: { name: 'elsewhere' } },
    samples: journal.samples.map(({ host: _, facts: __, ...sample }) => sample),
  }
  const [misled] = (await analyze(hidden, whateverElseRuns)).sharing
  expect(misled).toMatchObject({
    counted: 'concurrent',
    reasons: expect.arrayContaining([{ code: 'no-placement', message: expect.any(String) }]),
  })
  expect(misled?.verdict).not.toBe('shared')
})
