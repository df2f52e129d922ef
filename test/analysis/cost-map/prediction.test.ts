import { expect, test } from 'vitest'
import { predictionError, predictionsOf } from '../../../src/analysis/cost-map/predictions.ts'
import type { Pricing } from '../../../src/analysis/cost-map/pricing.ts'
import { rateSurface } from '../../../src/analysis/cost-map/rate-surface.ts'
import { surfaceAt } from '../../../src/analysis/cost-map/surface.ts'
import { meanTogether } from '../../../src/analysis/cost-map/together.ts'
import { dealt, inWaves } from '../../../src/analysis/cost-map/waves.ts'
import { workCells } from '../../../src/analysis/cost-map/work-cells.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { DealingMode } from '../../../src/model/fixed-work.ts'
import { currentPriceBook } from '../../../src/pricing/price-book.ts'
import { lognormal } from '../../../src/testing/noise.ts'
import { truths } from './truths.ts'
import { type WorkTruth, workJournal } from './work-journal.ts'

const aws: Pricing = { platform: { name: 'aws', region: 'us-east-1' }, book: currentPriceBook, asIf: true }
const work = (mode: DealingMode) => ({ mode, chunks: 32, chunkBytes: 4e6 }) as const
const grid = { memoryMb: [128, 256, 512, 1024], concurrency: [1, 2, 4, 8, 16], rounds: 3, cv: 0.05, cvChunk: 0.1 }

const cellsOf = (mode: DealingMode, rate: WorkTruth['rate'], more: Partial<WorkTruth> = {}) =>
  workCells(workJournal({ ...grid, work: work(mode), rate, ...more }), work(mode), 'download', {})

const cases = ['a soft knee', 'powers of both', 'a network that collapses'].flatMap((name) =>
  (['pull', 'one-per-invocation'] as const).map((mode) => [name, mode] as const),
)

test.each(cases)('%s, %s: held-out cells within a tenth in the median', (name, mode) => {
  const error = predictionError(cellsOf(mode, truths[name] as WorkTruth['rate']), work(mode), aws)
  expect(error).toMatchObject({ heldOut: 20, refused: 0 })
  expect(error?.responseMs?.median).toBeLessThan(0.1)
  expect(error?.responseMs?.worst).toBeLessThan(0.35)
  expect(error?.usd?.median).toBeLessThan(0.1)
})

test.each(cases)('%s, %s: what was never measured comes as predicted', (name, mode) => {
  const rate = truths[name] as WorkTruth['rate']
  const asked = { memoryMb: [192, 768], concurrency: [3, 6, 12] }
  const predicted = predictionsOf(cellsOf(mode, rate), work(mode), aws, asked)
  const truth = cellsOf(mode, rate, { ...asked, rounds: 1, cv: 0, cvChunk: 0.1, seed: 9 })
  expect(predicted).toHaveLength(6)
  const errors = predicted.map(({ memoryMb, concurrency, responseMs }) => {
    const own = truth.find((cell) => cell.memoryMb === memoryMb && cell.concurrency === concurrency)
    return Math.abs((responseMs ?? Number.NaN) / (own?.rounds[0]?.responseMs ?? Number.NaN) - 1)
  })
  expect(errors.toSorted((a, b) => a - b)[3]).toBeLessThan(0.1)
})

test('outside of what was measured nothing is predicted; between it, everything that was not measured', () => {
  const cells = cellsOf('pull', truths['powers of both'] as WorkTruth['rate'])
  const asked = predictionsOf(cells, work('pull'), aws, { memoryMb: [64, 128, 192, 4096], concurrency: [1, 32] })
  expect(asked.map(({ memoryMb, concurrency, responseMs }) => [memoryMb, concurrency, responseMs !== null])).toEqual([
    [64, 1, false],
    [64, 32, false],
    [128, 32, false],
    [192, 1, true],
    [192, 32, false],
    [4096, 1, false],
    [4096, 32, false],
  ])
  expect(
    asked.filter(({ responseMs }) => responseMs === null).every(({ usd, reasons }) => usd === null && reasons[0]?.code === 'out-of-range'),
  ).toBe(true)
  const usual = predictionsOf(cells, work('pull'), aws, undefined)
  expect(new Set(usual.map(({ memoryMb }) => memoryMb))).toEqual(new Set([128, 192, 256, 384, 512, 704, 1024]))
  expect(new Set(usual.map(({ concurrency }) => concurrency))).toEqual(new Set([1, 2, 3, 4, 6, 8, 11, 16]))
  const sizes = predictionsOf(cells, work('pull'), { ...aws, platform: { name: 'gcp', region: 'us-central1' } }, undefined)
  expect(new Set(sizes.map(({ memoryMb }) => memoryMb))).toEqual(new Set([128, 256, 512, 1024]))
})

test('a hole in the grid is filled; a cell on the rim of one ladder is refused, not extrapolated', () => {
  const cells = cellsOf('pull', truths['powers of both'] as WorkTruth['rate'], { memoryMb: [512] })
  expect(predictionError(cells, work('pull'), aws)).toMatchObject({ heldOut: 3, refused: 2 })
  const hole = cells.filter(({ concurrency }) => concurrency !== 4)
  const usual = predictionsOf(hole, work('pull'), aws, { memoryMb: [512], concurrency: [4] })
  const own = cells.find(({ concurrency }) => concurrency === 4)?.rounds[0]?.responseMs ?? Number.NaN
  expect((usual[0]?.responseMs ?? Number.NaN) / own).toBeGreaterThan(0.85)
  expect((usual[0]?.responseMs ?? Number.NaN) / own).toBeLessThan(1.15)
  expect(predictionError(cells.slice(0, 3), work('pull'), aws)).toBeNull()
})

test('the surface finds its own parameters', () => {
  const random = seededRandom(3)
  const points = [128, 256, 512, 1024, 2048].flatMap((mb) =>
    [1, 2, 4, 8, 16].map((k) => ({
      x: Math.log(k),
      z: Math.log(mb),
      y: Math.log(Math.min(mb * 0.4e6, 300e6, 600e6 / k) * lognormal(random, 0.01)),
    })),
  )
  const surface = rateSurface(points)
  expect(surface?.planes).toHaveLength(3)
  expect(surface?.sharpness).toBe(Number.POSITIVE_INFINITY)
  for (const { x, z, y } of points) expect(surfaceAt(surface as never, { x, z })).toBeCloseTo(y, 1)
  expect(Math.exp(surfaceAt(surface as never, { x: Math.log(1), z: Math.log(1500) })) / 300e6).toBeCloseTo(1, 1)
})

test('waves: whole ones and a rest; while some wait the others have the network', () => {
  const shared = (together: number): number => 10 * together
  // 7 chunks over 3 functions: two waves of 30 ms, one chunk of 10 ms.
  expect(inWaves(7, 3, 0, shared)).toMatchObject({ responseMs: 70, aggregatedMs: 190 })
  // With gaps of 20 ms two functions are hardly ever on their way together.
  const { responseMs, aggregatedMs } = inWaves(4, 2, 20, (together) => 10 * Math.max(1, together))
  expect(responseMs).toBeCloseTo(60)
  expect(aggregatedMs).toBeCloseTo(40)
  expect(dealt(7, 3)).toEqual([
    { chunks: 3, functions: 1 },
    { chunks: 2, functions: 2 },
  ])
  expect(dealt(2, 4)).toEqual([
    { chunks: 1, functions: 2 },
    { chunks: 0, functions: 2 },
  ])
})

test('how many were under way together, by their own time', () => {
  expect(meanTogether([])).toBe(1)
  expect(meanTogether([{ startMs: 0, endMs: 10 }])).toBe(1)
  expect(meanTogether([0, 1, 2].map(() => ({ startMs: 5, endMs: 9 })))).toBe(3)
  // 10 ms alone, 10 ms of two: (10 · 1 + 10 · 4) ÷ (10 + 20).
  const half = [
    { startMs: 0, endMs: 20 },
    { startMs: 10, endMs: 20 },
  ]
  expect(meanTogether(half)).toBeCloseTo(50 / 30)
  expect(meanTogether(half.toReversed())).toBeCloseTo(50 / 30)
})
