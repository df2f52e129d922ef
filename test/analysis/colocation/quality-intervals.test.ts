import { expect, test } from 'vitest'
import { agreement } from '../../../src/analysis/colocation/quality.ts'
import { qualityIntervals } from '../../../src/analysis/colocation/quality-intervals.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'

interface Mistakes {
  /** Share of the hosts of which two fifths of the instances are left alone. */
  readonly split: number
  /** Share of the hosts that are taken for the one before. */
  readonly merged: number
}

/** Hosts of 2 and more instances, 6.5 on average, unevenly. */
function found(hosts: number, { split, merged }: Mistakes, random: Random): { truth: string[]; predicted: number[] } {
  const [truth, predicted]: [string[], number[]] = [[], []]
  let [label, before] = [0, 0]
  for (let host = 0; host < hosts; host++) {
    const size = 2 + Math.floor(-5 * Math.log(1 - random()))
    const own = host > 0 && random() < merged ? before : ++label
    const isSplit = random() < split
    for (let instance = 0; instance < size; instance++) {
      truth.push(`host-${host}`)
      predicted.push(isSplit && random() < 0.4 ? ++label : own)
    }
    before = own
  }
  return { truth, predicted }
}

const FIGURES = ['precision', 'recall', 'f1', 'fowlkesMallows', 'adjustedRand'] as const
const RUNS = 200

test.each([
  { hosts: 50, mistakes: { split: 0.3, merged: 0.3 } },
  { hosts: 100, mistakes: { split: 0.3, merged: 0.1 } },
  { hosts: 150, mistakes: { split: 0.1, merged: 0.3 } },
])('95 % intervals hold what many hosts would show: $hosts hosts, $mistakes', ({ hosts, mistakes }) => {
  const many = found(100_000, mistakes, seededRandom(99))
  const truth = agreement(many.predicted, many.truth)
  const runs = Array.from({ length: RUNS }, (_, seed) => {
    const sample = found(hosts, mistakes, seededRandom(5000 + seed))
    return qualityIntervals(sample.predicted, sample.truth)
  })
  for (const figure of FIGURES) {
    const intervals = runs.flatMap((run) => run?.[figure] ?? [])
    const value = truth[figure] ?? Number.NaN
    const covering = intervals.filter(({ low, high }) => low <= value && value <= high).length
    if (intervals.length < RUNS / 2) continue
    expect(covering / intervals.length, figure).toBeGreaterThanOrEqual(0.87)
  }
})

test('few hosts, or few with a mistake, bound nothing', () => {
  const perfect = found(100, { split: 0, merged: 0 }, seededRandom(1))
  expect(qualityIntervals(perfect.predicted, perfect.truth)).toEqual({
    precision: null,
    recall: null,
    f1: null,
    fowlkesMallows: null,
    adjustedRand: null,
  })
  const few = found(19, { split: 1, merged: 0.5 }, seededRandom(1))
  expect(qualityIntervals(few.predicted, few.truth)).toBeNull()
  const split = qualityIntervals(
    ...(Object.values(found(40, { split: 0.9, merged: 0 }, seededRandom(1))).reverse() as [number[], string[]]),
  )
  expect(split).toMatchObject({ precision: null, recall: { confidence: 0.95, method: 'jackknife' } })
  expect(split?.recall?.low).toBeLessThan(split?.recall?.high ?? 0)
})

test('whoever comes first, and whatever labels are called, makes no difference', () => {
  const { predicted, truth } = found(60, { split: 0.5, merged: 0.5 }, seededRandom(3))
  const other = qualityIntervals(
    predicted.map((label) => 7 * label + 1).reverse(),
    truth.toReversed().map((host) => `x${host}`),
  )
  const own = qualityIntervals(predicted, truth)
  for (const figure of FIGURES) {
    expect(other?.[figure]?.low).toBeCloseTo(own?.[figure]?.low ?? Number.NaN, 12)
    expect(other?.[figure]?.high).toBeCloseTo(own?.[figure]?.high ?? Number.NaN, 12)
  }
})
