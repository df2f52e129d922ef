import { expect, test } from 'vitest'
import { measurementOf } from '../../src/agent/check-measurements.ts'
import type { Measurement } from '../../src/model/probe.ts'

const good: Measurement = {
  direction: 'download',
  startedAtMs: 1000,
  endedAtMs: 1200,
  bytes: 30,
  intervals: [
    [1000, 1100, 10],
    [1100, 1200, 20],
  ],
}

test('a sound measurement passes, without what the journal does not know', () => {
  const extended = { ...good, values: { rttMs: 1.5 }, round: 'another', facts: { 'env/SECRET': 'x' } } as Measurement
  expect(measurementOf('download', [extended])).toEqual({ ...good, values: { rttMs: 1.5 } })
})

test.each<[string, unknown]>([
  ['no list', undefined],
  ['none of the direction', [{ ...good, direction: 'upload' }]],
  ['two of the direction', [good, good]],
  ['an end before the start', [{ ...good, endedAtMs: 1000 }]],
  ['no time', [{ ...good, startedAtMs: Number.NaN }]],
  ['half a byte', [{ ...good, bytes: 30.5 }]],
  ['fewer bytes than in the intervals', [{ ...good, bytes: 29 }]],
  [
    'overlapping intervals',
    [
      {
        ...good,
        intervals: [
          [1000, 1100, 10],
          [1099, 1200, 20],
        ],
      },
    ],
  ],
  ['an unknown counter', [{ ...good, countedBy: 'me' }]],
  ['a value that is none', [{ ...good, values: { rttMs: Number.NaN } }]],
])('%s is refused', (_, measurements) => {
  expect(() => measurementOf('download', measurements as Measurement[])).toThrowError(expect.objectContaining({ code: 'PROBE_INVALID' }))
})
