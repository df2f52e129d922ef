import { expect, test } from 'vitest'
import { httpDownload } from '../../../src/probes/http-download/http-download.ts'
import { local } from '../../../src/providers/local.ts'
import { analyze } from '../../../src/run/analyze.ts'
import { defineExperiment } from '../../../src/run/experiment.ts'
import { run } from '../../../src/run/run.ts'

const uplinkBitsPerSecond = 60e6
const experiment = { provider: local({ uplinkBitsPerSecond, sharing: 'fifo' }), memoryMb: [2048], repetitions: 3 } as const
/** Payload over wire: 1500 bytes of packet hold 1448 of payload and take 1514 on the wire. */
const payload = 1448 / 1514

test('from the own target: what the uplink lets through', { timeout: 240_000 }, async () => {
  const probe = httpDownload({ seconds: 1 })
  const journal = await run(defineExperiment({ ...experiment, probe, concurrency: [1, 2] }))
  const { cells } = await analyze(journal, { hostIdle: -1 })
  expect(cells).toHaveLength(2)
  for (const { concurrency, aggregate } of cells) {
    const ratio = (aggregate.medianBitsPerSecond ?? 0) / (uplinkBitsPerSecond * payload)
    // Nothing goes faster than it is shaped; a machine that stands still for some milliseconds makes it slower.
    expect(ratio, `n = ${concurrency}`).toBeLessThan(1.06)
    expect(ratio, `n = ${concurrency}`).toBeGreaterThan(0.75)
  }
  for (const { values } of journal.samples)
    expect(values).toMatchObject({ requests: 1, retries: 0, connectMs: expect.any(Number), firstByteMs: expect.any(Number) })
})

test('by bytes: as many as were asked for', { timeout: 240_000 }, async () => {
  const probe = httpDownload({ bytes: 3_000_001, parallel: 3, keepAlive: false })
  const { samples } = await run(defineExperiment({ ...experiment, probe, concurrency: [2], repetitions: 1 }))
  expect(samples.map(({ outcome, bytes }) => ({ outcome, bytes }))).toEqual([
    { outcome: 'completed', bytes: 3_000_001 },
    { outcome: 'completed', bytes: 3_000_001 },
  ])
})

test('another URL is allowed by the agent; here nobody answers there', { timeout: 240_000 }, async () => {
  const probe = httpDownload({ url: 'http://198.19.255.1:9/x', seconds: 1, headers: { 'x-name': 'value' } })
  const { samples } = await run(defineExperiment({ ...experiment, probe, concurrency: [1], repetitions: 1 }))
  expect(samples).toMatchObject([{ outcome: 'not-run', error: { code: 'TARGET_UNREACHABLE' } }])
})
