import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { starvedFunctions } from '../../src/analysis/starvation.ts'
import type { FairnessFinding } from '../../src/model/report.ts'
import { failedSample, type Ladder, ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

const fairness = (n: number, ladder: Ladder): FairnessFinding =>
  analyzeJournal(ladderJournal({ concurrency: [n], ...ladder })).fairness[0] as FairnessFinding

test('equal shares are fair; half at three times the rate of the others is not', () => {
  const random = seededRandom(3)
  expect(fairness(8, { rate: () => 20e6 * lognormal(random, 0.05) })).toMatchObject({
    verdict: 'fair',
    persistent: 'unknown',
    interval: null,
    reasons: [],
  })
  const split = fairness(8, { rate: ({ invocation }) => (invocation % 2 === 0 ? 30e6 : 10e6) * lognormal(random, 0.3) })
  expect(split.verdict).toBe('unfair')
  expect(split.jainCorrected).toBeLessThan(0.85)
})

test('one function alone is neither', () => {
  expect(analyzeJournal(ladderJournal({ concurrency: [1], rate: () => 1e6 })).fairness).toEqual([])
})

test('one starved function of 26 is unfair, though Jain says 0.97', () => {
  const random = seededRandom(5)
  const finding = fairness(26, { rate: ({ invocation }) => (invocation === 7 ? 2e6 : 20e6) * lognormal(random, 0.05) })
  expect(finding).toMatchObject({ verdict: 'unfair', persistent: 'yes', reasons: [{ code: 'starved', invocation: 7 }] })
  expect(finding.jainCorrected).toBeGreaterThan(0.95)
})

test('a starved instance is followed through changing invocations', () => {
  const ladder: Ladder = {
    rate: ({ invocation, repetition }) => ((invocation + repetition) % 8 === 0 ? 2e6 : 20e6),
    sample: (sample, { invocation, repetition }) => ({ ...sample, instance: `sandbox-${(invocation + repetition) % 8}` }),
  }
  expect(fairness(8, ladder).reasons).toEqual([
    { code: 'starved', message: 'Instance sandbox-0 stayed below half of the mean in every round.' },
  ])
})

test('another function starved in each round is not the same one', () => {
  const finding = fairness(26, {
    rate: ({ invocation, repetition }) => (invocation === repetition ? 2e6 : 20e6),
    sample: (sample, { repetition }) => ({ ...sample, instance: `${sample.instance}-${repetition}` }),
  })
  expect(finding.reasons.filter(({ code }) => code === 'starved')).toEqual([])
})

test('a verdict is withheld where the cell is no witness of the network', () => {
  const rate = () => 20e6
  expect(fairness(8, { rate, rounds: 2 })).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'rounds' }] })
  expect(fairness(8, { rate, round: (round) => ({ ...round, hostIdle: 0.02 }) })).toMatchObject({
    verdict: 'inconclusive',
    reasons: [{ code: 'host-saturated' }],
  })
  expect(
    fairness(8, { rate, sample: (sample, at) => (at.repetition < 2 && at.invocation === 0 ? failedSample(sample) : sample) }),
  ).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'failed-invocation' }] })
  const plain: Ladder = { rate, experiment: (record) => ({ ...record, provider: { name: 'local', tier: 'plain' } }) }
  expect(fairness(8, plain)).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'tier' }] })
})

describe('false alarms', () => {
  test('equal shares with noise of 20 % are never called unfair', () => {
    const random = seededRandom(990020)
    for (const n of [2, 8, 26]) {
      for (let trial = 0; trial < 25; trial++)
        expect(fairness(n, { rounds: 5, rate: () => lognormal(random, 0.2) * 1e7 }).verdict).not.toBe('unfair')
    }
  })

  test.each([2, 4, 8, 26])('of starvation stay below 5 % at n = %i, however unequal the shares', (n) => {
    const random = seededRandom(31 + n)
    const trials = 1000
    let alarms = 0
    for (let trial = 0; trial < trials; trial++) {
      const rounds = Array.from({ length: 3 + (trial % 5) }, (_, round) => {
        const rates = Array.from({ length: n }, () => lognormal(random, 2))
        const instances = rates.map((_, index) => `i${(index * (1 + (trial % 2) * round)) % n}`)
        return { rates, instances, aggregate: rates.reduce((sum, rate) => sum + rate, 0), median: 0 }
      })
      if (starvedFunctions(rounds, 0.5).length > 0) alarms++
    }
    expect(alarms / trials).toBeLessThanOrEqual(0.05)
  })
})
