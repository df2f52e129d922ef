import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { someProbe, undeployable } from './fake-provider.ts'

const base: ExperimentOptions = { provider: undeployable(), probe: someProbe, memoryMb: [128, 2048], concurrency: [1, 2, 4, 8] }
const planOf = (options: Partial<ExperimentOptions> = {}) => plan(defineExperiment({ ...base, ...options }))

test('every repetition runs every cell once', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, repetitions) => {
      const { cells, rounds } = planOf({ seed, repetitions, direction: ['download', 'upload'], factors: { parallel: [1, 8] } })
      expect(cells).toHaveLength(2 * 4 * 2 * 2)
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const block = rounds.slice(repetition * cells.length, (repetition + 1) * cells.length)
        expect(new Set(block.map((round) => round.repetition))).toEqual(new Set([repetition]))
        expect(new Set(block.map(({ id }) => id)).size).toBe(cells.length)
      }
      expect(new Set(rounds.map(({ id }) => id)).size).toBe(rounds.length)
    }),
    { numRuns: 30 },
  )
})

test('the seed decides the order, and only the order', () => {
  const ids = (seed: number) => planOf({ seed }).rounds.map(({ id }) => id)
  expect(ids(1)).toEqual(ids(1))
  expect(ids(1)).not.toEqual(ids(2))
  expect(ids(1).toSorted()).toEqual(ids(2).toSorted())
})

test('the order within a repetition is not the order given', () => {
  const concurrencies = planOf({ memoryMb: [128], repetitions: 4 }).rounds.map(({ concurrency }) => concurrency)
  expect(concurrencies).not.toEqual([1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8])
})

test('the hash tells plans apart that must not be mixed in one journal', () => {
  const { hash } = planOf()
  expect(planOf().hash).toBe(hash)
  expect(planOf({ repetitions: 7 }).hash).not.toBe(hash)
  expect(planOf({ provider: undeployable({ options: { uplinkBitsPerSecond: 1e6 } }) }).hash).not.toBe(hash)
  expect(planOf({ probe: someProbe.withParams({ seconds: 3 }) }).hash).not.toBe(hash)
})

test('the expected duration covers every measurement', () => {
  const { expectedMs, rounds } = planOf({ restMs: 100 })
  expect(expectedMs).toBeGreaterThan(rounds.length * 2100)
})

test('a factor changes the parameter of the probe in its cells', () => {
  const { cells, expectedMs } = planOf({ memoryMb: [128], concurrency: [1], factors: { seconds: [2, 5] }, repetitions: 1 })
  expect(cells.map(({ probe }) => probe.params['seconds'])).toEqual([2, 5])
  expect(expectedMs).toBeGreaterThan(7000)
})

test('rehearsals: every cell so often, beside its rounds, in time and quote', () => {
  const lambda = { provider: undeployable({ billedAs: { name: 'aws', region: 'us-east-1', architecture: 'arm64' } }), repetitions: 3 }
  const { cells, rounds, rehearsals, expectedMs, quote } = planOf({ ...lambda, rehearsals: 2 })
  const without = planOf(lambda)
  expect(rounds.map(({ id }) => id)).toEqual(without.rounds.map(({ id }) => id))
  expect(rehearsals.map(({ repetition }) => repetition)).toEqual([0, 1].flatMap((repetition) => cells.map(() => repetition)))
  expect(new Set([...rehearsals, ...rounds].map(({ id }) => id)).size).toBe(5 * cells.length)
  expect(expectedMs / without.expectedMs).toBeCloseTo(5 / 3)
  const [usd = 0, usdWithout = 0] = [quote?.usd, without.quote?.usd]
  expect(usd / usdWithout).toBeGreaterThan(1.6)
  expect(planOf({ rehearsals: 0 }).hash).toBe(planOf().hash)
  expect(planOf({ rehearsals: 1 }).hash).not.toBe(planOf().hash)
})
