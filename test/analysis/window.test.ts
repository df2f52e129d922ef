import { describe, expect, test } from 'vitest'
import { bytesInside, overlap, roundWindow } from '../../src/analysis/window.ts'
import type { CompletedSample, Interval } from '../../src/model/journal-record.ts'

const sample = (startedAtMs: number, endedAtMs: number, bytes?: number, intervals?: readonly Interval[]): CompletedSample => ({
  type: 'sample',
  round: 'a',
  invocation: 0,
  outcome: 'completed',
  instance: 'i',
  startedAtMs,
  endedAtMs,
  ...(bytes !== undefined && { bytes }),
  ...(intervals !== undefined && { intervals }),
})

test('the window is from the latest start and the warm-up to the earliest end; the overlap knows no warm-up', () => {
  const samples = [sample(0, 1000), sample(100, 1050), sample(50, 1100)]
  expect(roundWindow(samples, 200)).toEqual({ startMs: 300, endMs: 1000 })
  expect(overlap(samples)).toBeCloseTo(900 / 1100, 12)
  expect(overlap([sample(0, 100), sample(100, 200)])).toBe(0)
  expect(overlap([sample(0, 100), sample(150, 200)])).toBe(0)
})

describe('bytes inside a window', () => {
  const window = { startMs: 150, endMs: 350 }

  test('partial intervals give bytes in proportion', () => {
    const intervals: Interval[] = [[0, 100, 10], [100, 200, 20], [200, 300, 40], [300, 400, 80]] // biome-ignore format: a table
    expect(bytesInside(sample(0, 400, 150, intervals), window)).toBe(10 + 40 + 40)
    expect(bytesInside(sample(0, 400, undefined, intervals), window)).toBe(90)
  })

  test('without intervals the bytes are spread over the sample', () => {
    expect(bytesInside(sample(0, 400, 400), window)).toBe(200)
    expect(bytesInside(sample(0, 400, 400, []), window)).toBe(200)
    expect(bytesInside(sample(0, 400), window)).toBeUndefined()
  })

  test('bytes outside all intervals are spread over the time outside all intervals', () => {
    // 60 bytes in intervals, 100 in the 200 ms without one, of which 50 ms are inside.
    const intervals: Interval[] = [[0, 100, 20], [200, 300, 40]] // biome-ignore format: a table
    expect(bytesInside(sample(0, 400, 160, intervals), window)).toBe(40 + 0.5 * 100)
  })

  test('an instant belongs to one window only', () => {
    const intervals: Interval[] = [[150, 150, 7], [350, 350, 9]] // biome-ignore format: a table
    expect(bytesInside(sample(100, 400, 16, intervals), window)).toBe(7)
  })

  test('a sample outside the window gives nothing', () => {
    expect(bytesInside(sample(400, 500, 100, [[400, 500, 100]]), window)).toBe(0)
  })
})
