import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Interval } from '../../../src/model/journal-record.ts'
import { sumSeries } from '../../../src/probes/iperf3/series.ts'

const series = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 1e6 })), { minLength: 1, maxLength: 30 }).map((steps) => {
  let startMs = 1000
  return steps.map(([length, bytes]): Interval => {
    const endMs = startMs + length
    const interval = [startMs, endMs, bytes] as const
    startMs = endMs
    return interval
  })
})

const bytesOf = (intervals: readonly Interval[]): number => intervals.reduce((sum, [, , bytes]) => sum + bytes, 0)

test('no byte is lost or counted twice, and the series of one stream is itself', () => {
  fc.assert(
    fc.property(fc.array(series, { minLength: 1, maxLength: 8 }), (all) => {
      const sum = sumSeries(all)
      expect(bytesOf(sum)).toBe(bytesOf(all.flat()))
      expect(sum.map(([startMs, endMs]) => [startMs, endMs])).toEqual(all[0]?.map(([startMs, endMs]) => [startMs, endMs]))
      expect(sumSeries(all.slice(0, 1))).toEqual(all[0])
    }),
  )
})

test('what another stream counted goes where its interval ends', () => {
  const sum = sumSeries([
    [
      [0, 100, 1],
      [100, 200, 1],
      [200, 300, 1],
    ],
    [
      [0, 99, 10],
      [99, 201, 100],
      [201, 350, 1000],
    ],
  ])
  expect(sum.map(([, , bytes]) => bytes)).toEqual([11, 1, 1101])
})

test('no streams, no series', () => expect(sumSeries([])).toEqual([]))
