import { expect, test } from 'vitest'
import { instancesOf } from '../../../src/analysis/colocation/instances.ts'
import type { ExperimentRecord, RoundRecord, Sample } from '../../../src/model/journal-record.ts'

const experiment = {
  createdAt: '2026-11-22T10:00:00Z',
  provider: { name: 'aws', region: 'eu-central-1' },
} as ExperimentRecord

const round = (id: string, startAtMs?: number): RoundRecord =>
  ({
    type: 'round',
    id,
    direction: 'download',
    concurrency: 2,
    repetition: 0,
    ...(startAtMs !== undefined && { startAtMs }),
  }) as RoundRecord

const sample = (changes: Partial<Sample>): Sample =>
  ({ type: 'sample', round: 'r1', invocation: 0, outcome: 'completed', ...changes }) as Sample

test('one nonce is one instance, however often and in however many directions it ran', () => {
  const samples = [
    sample({
      instance: 'n',
      round: 'r2',
      startedAtMs: 5000,
      endedAtMs: 6000,
      facts: { 'proc/uptime': '9.00 1.00', egress: '203.0.113.7' },
    }),
    sample({
      instance: 'n',
      direction: 'download',
      startedAtMs: 1000,
      endedAtMs: 2000,
      facts: { 'proc/uptime': '5.00 1.00', egress: '203.0.113.7' },
    }),
    sample({ instance: 'n', direction: 'upload', startedAtMs: 1000, endedAtMs: 2500 }),
    sample({ instance: 'm', invocation: 1, startedAtMs: 1000, endedAtMs: 2000, host: 'host-1' }),
    sample({ outcome: 'not-run', invocation: 2 }),
  ]
  expect(instancesOf({ experiment, rounds: [round('r1'), round('r2')], samples })).toEqual([
    { instance: 'm', provider: 'aws', region: 'eu-central-1', host: 'host-1', fromMs: 1000, toMs: 2000, invocations: 1, facts: {} },
    {
      instance: 'n',
      provider: 'aws',
      region: 'eu-central-1',
      fromMs: 1000,
      toMs: 6000,
      invocations: 2,
      facts: { 'proc/uptime': '5.00 1.00', egress: '203.0.113.7' },
    },
  ])
})

test('a fact that must not change and did is left out', () => {
  const samples = [1, 2].map((boot) =>
    sample({
      instance: 'n',
      round: `r${boot}`,
      startedAtMs: boot,
      endedAtMs: boot + 1,
      facts: { 'proc/sys/kernel/random/boot_id': `${boot}`, 'process/arch': 'x64' },
    }),
  )
  expect(instancesOf({ experiment, rounds: [], samples })[0]?.facts).toEqual({ 'process/arch': 'x64' })
})

test('a sample that never started lived when its round did, or the experiment', () => {
  const samples = [sample({ instance: 'a', outcome: 'not-run' }), sample({ instance: 'b', round: 'r2', outcome: 'not-run' })]
  const [a, b] = instancesOf({ experiment, rounds: [round('r1', 7000), round('r2')], samples })
  expect(a).toMatchObject({ fromMs: 7000, toMs: 7000 })
  expect(b).toMatchObject({ fromMs: Date.parse('2026-11-22T10:00:00Z') })
})
