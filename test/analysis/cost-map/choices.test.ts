import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choicesOf } from '../../../src/analysis/cost-map/choices.ts'
import { mapCells } from '../../../src/analysis/cost-map/map-cells.ts'
import { elasticity, type Outlay, paretoFront } from '../../../src/analysis/cost-map/pareto-front.ts'
import { bestOf, within } from '../../../src/analysis/cost-map/strategy.ts'
import { workCells } from '../../../src/analysis/cost-map/work-cells.ts'
import type { CostMapCell } from '../../../src/model/cost-map.ts'
import { currentPriceBook } from '../../../src/pricing/price-book.ts'
import { workJournal } from './work-journal.ts'

const outlay = fc.record({ responseMs: fc.integer({ min: 1, max: 20 }), usd: fc.integer({ min: 1, max: 20 }) })
const outlays = fc.array(outlay, { minLength: 1, maxLength: 30 })
const beats = (a: Outlay, b: Outlay): boolean =>
  a.responseMs <= b.responseMs && a.usd <= b.usd && (a.responseMs < b.responseMs || a.usd < b.usd)
const key = ({ responseMs, usd }: Outlay): string => `${responseMs} ${usd}`

test('the front is what nothing beats, in whatever order the points come', () => {
  fc.assert(
    fc.property(outlays, fc.infiniteStream(fc.nat()), (points, order) => {
      const front = paretoFront(points)
      const expected = points.filter((point) => !points.some((other) => beats(other, point)))
      expect(front.map(key).toSorted()).toEqual(expected.map(key).toSorted())
      const shuffled = points.map((point) => ({ point, at: order.next().value })).toSorted((a, b) => a.at - b.at)
      expect(paretoFront(shuffled.map(({ point }) => point)).map(key)).toEqual(front.map(key))
    }),
  )
})

test('cost is the cheapest, speed the fastest, balanced between them, and at weights 1 and 0 the same as they', () => {
  fc.assert(
    fc.property(outlays, fc.double({ min: 0, max: 1, noNaN: true }), (points, weight) => {
      const best = (strategy: 'cost' | 'speed' | 'balanced', share = weight) => bestOf(points, strategy, share) as Outlay
      const [cheapest, fastest, balanced] = [best('cost'), best('speed'), best('balanced')]
      expect(cheapest.usd).toBe(Math.min(...points.map(({ usd }) => usd)))
      expect(fastest.responseMs).toBe(Math.min(...points.map(({ responseMs }) => responseMs)))
      expect(key(best('balanced', 1))).toBe(key(cheapest))
      expect(key(best('balanced', 0))).toBe(key(fastest))
      expect(balanced.usd).toBeGreaterThanOrEqual(cheapest.usd)
      expect(balanced.responseMs).toBeGreaterThanOrEqual(fastest.responseMs)
      if (weight > 0 && weight < 1) expect(paretoFront(points).map(key)).toContain(key(balanced))
    }),
  )
})

test('balanced is the formula of power tuning: greatest cost and time of all, also where a limit leaves only some', () => {
  const points = [
    { responseMs: 10, usd: 1 },
    { responseMs: 4, usd: 3 },
    { responseMs: 1, usd: 12 },
  ]
  // 0.5 · 1/12 + 0.5 · 1 = 0.542; 0.5 · 3/12 + 0.5 · 0.4 = 0.325; 0.5 · 1 + 0.5 · 0.1 = 0.55
  expect(bestOf(points, 'balanced', 0.5)).toEqual({ responseMs: 4, usd: 3 })
  // With weight 0.95: 0.129, 0.2575, 0.955
  expect(bestOf(points, 'balanced', 0.95)).toEqual({ responseMs: 10, usd: 1 })
  expect(within(points, { deadlineMs: 4 })).toHaveLength(2)
  expect(bestOf(within(points, { deadlineMs: 4, budgetUsd: 5 }), 'speed', 0, points)).toEqual({ responseMs: 4, usd: 3 })
  expect(bestOf(within(points, { deadlineMs: 0.5 }), 'speed', 0, points)).toBeUndefined()
})

test('elasticity: a per cent of cost for a per cent of time is 1', () => {
  expect(elasticity({ responseMs: 200, usd: 1 }, { responseMs: 100, usd: 2 })).toBeCloseTo(1)
  expect(elasticity({ responseMs: 200, usd: 1 }, { responseMs: 150, usd: 1.68 })).toBeCloseTo(Math.log(4 / 3) / Math.log(1.68))
  expect(elasticity({ responseMs: 1, usd: 1 }, { responseMs: 1, usd: 1 })).toBeNull()
})

const cell = (concurrency: number, responseMs: number, usd: number, spread: number | null): CostMapCell => {
  const figure = (median: number) => ({
    median,
    interval:
      spread === null
        ? null
        : { low: median * (1 - spread), high: median * (1 + spread), confidence: 0.95 as const, method: 't-log' as const },
  })
  const [response, cost] = [figure(responseMs), figure(usd)]
  const place = { memoryMb: 128, concurrency, factors: {} }
  return {
    ...place,
    rounds: 3,
    roundsUsed: 3,
    responseMs: response,
    aggregatedMs: response,
    billedMs: response,
    usd: cost,
    relativeCost: cost,
  }
}
const wishes = { strategy: 'balanced', weight: 0.5, limits: {} } as const

test('what cannot be told from the best is named with it; without intervals nobody knows', () => {
  const cells = [cell(1, 100, 1, 0.1), cell(2, 60, 1.15, 0.1), cell(4, 50, 2, 0.1)]
  const { cheapest, fastest, chosen } = choicesOf(cells, wishes)
  expect(cheapest).toMatchObject({ concurrency: 1, alike: [{ concurrency: 2 }], surely: null })
  expect(fastest).toMatchObject({ concurrency: 4, alike: [{ concurrency: 2 }] })
  expect(chosen).toMatchObject({ concurrency: 2, alike: [] })
  expect(choicesOf([cell(1, 100, 1, null), cell(2, 60, 2, 0.1)], wishes).cheapest).toMatchObject({ concurrency: 1, alike: null })
  expect(choicesOf([cell(1, 100, 1, 0.1), cell(2, 60, 2, null)], wishes).cheapest).toMatchObject({ alike: [{ concurrency: 2 }] })
})

test('cheapest under a deadline, fastest under a budget; whether surely so', () => {
  const cells = [cell(1, 100, 1, 0.1), cell(2, 60, 1.15, 0.1), cell(4, 50, 2, 0.1)]
  expect(choicesOf(cells, { ...wishes, limits: { deadlineMs: 70 } }).cheapest).toMatchObject({ concurrency: 2, surely: true })
  expect(choicesOf(cells, { ...wishes, limits: { deadlineMs: 61 } }).cheapest).toMatchObject({ concurrency: 2, surely: false })
  expect(choicesOf(cells, { ...wishes, limits: { budgetUsd: 1.2 } }).fastest).toMatchObject({ concurrency: 2, surely: false })
  expect(choicesOf(cells, { ...wishes, limits: { deadlineMs: 10 } })).toMatchObject({ cheapest: null, fastest: null, chosen: null })
  // The front is of all that was measured.
  expect(choicesOf(cells, { ...wishes, limits: { deadlineMs: 70 } }).front).toHaveLength(3)
})

test('money scales: prices k times as high change no choice, and every amount k-fold', () => {
  const journal = workJournal({
    memoryMb: [128, 1024],
    concurrency: [1, 2, 4],
    rounds: 6,
    work: { mode: 'pull', chunks: 12, chunkBytes: 2e6 },
    cv: 0.1,
    rate: (memoryMb, together) => Math.min(memoryMb * 0.3e6, 200e6 / together),
  })
  const measured = workCells(journal, { mode: 'pull', chunks: 12, chunkBytes: 2e6 }, 'download', {})
  const priced = (factor: number) => {
    const prices = currentPriceBook.prices.map((price) => ({ ...price, usd: price.usd * factor }))
    return mapCells(measured, { platform: { name: 'aws', region: 'us-east-1' }, book: { ...currentPriceBook, prices }, asIf: true }).cells
  }
  const [once, sevenfold] = [priced(1), priced(7)]
  for (const [index, one] of once.entries()) {
    const seven = sevenfold[index]
    expect((seven?.usd?.median ?? 0) / (one.usd?.median ?? 1)).toBeCloseTo(7, 9)
    expect((seven?.usd?.interval?.low ?? 0) / (one.usd?.interval?.low ?? 1)).toBeCloseTo(7, 9)
    expect(seven?.relativeCost?.median).toBeCloseTo(one.relativeCost?.median ?? 0, 9)
    expect(seven?.responseMs).toEqual(one.responseMs)
  }
  const places = (cells: readonly CostMapCell[]) => {
    const { front, cheapest, fastest, chosen } = choicesOf(cells, wishes)
    return [...front, cheapest, fastest, chosen].map((each) => `${each?.memoryMb}/${each?.concurrency}`)
  }
  expect(places(sevenfold)).toEqual(places(once))
  expect(once.filter(({ relativeCost }) => relativeCost?.median === 1)).toHaveLength(1)
})
