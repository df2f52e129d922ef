import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom, shuffled } from '../../src/analysis/seeded-random.ts'
import { starvedFunctions } from '../../src/analysis/starvation.ts'
import type { CompletedSample } from '../../src/model/journal-record.ts'
import type { FairnessFinding } from '../../src/model/report.ts'
import { failedSample, type Ladder, ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

const fairness = (n: number, ladder: Ladder): FairnessFinding =>
  analyzeJournal(ladderJournal({ concurrency: [n], ...ladder })).fairness[0] as FairnessFinding

test('equal shares are fair; half at three times the rate of the others is not', () => {
  const random = seededRandom(3)
  expect(fairness(8, { rate: () => 20e6 * lognormal(random, 0.05) })).toMatchObject({
    verdict: 'fair',
    persistent: 'no',
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

describe('unfair shares', () => {
  const split = (place: { invocation: number; repetition: number }, anew: boolean): number =>
    (anew ? place.invocation + place.repetition * 3 + (place.repetition % 2) * (place.invocation % 3) : place.invocation) % 2 === 0
      ? 30e6
      : 10e6

  test('are persistent where the same functions always get less', () => {
    const random = seededRandom(9)
    const finding = fairness(8, { rate: (place) => split(place, false) * lognormal(random, 0.1) })
    expect(finding).toMatchObject({ verdict: 'unfair', persistent: 'yes' })
    expect(finding.reasons.at(-1)?.message).toMatch(
      /^Function \d got (1\.\d|0\.[45])\d* of the mean share over 6 rounds, more steadily than chance gives\.$/,
    )
  })

  test('are not where chance deals them out anew in each round', () => {
    const random = seededRandom(10)
    const shares = new Map<number, number[]>()
    const dealt = ({ repetition, invocation }: { repetition: number; invocation: number }): number => {
      const own = shares.get(repetition) ?? shuffled([30e6, 30e6, 30e6, 30e6, 10e6, 10e6, 10e6, 10e6], random)
      shares.set(repetition, own)
      return (own[invocation] as number) * lognormal(random, 0.1)
    }
    expect(fairness(8, { rate: dealt })).toMatchObject({
      verdict: 'unfair',
      persistent: 'no',
      reasons: [{ code: 'persistent', message: 'Who gets more and who less changes from round to round.' }],
    })
  })

  test('of two functions need six rounds: in five, chance gives one time in 16 to the same one always', () => {
    const ofTwo = (rounds: number): FairnessFinding => fairness(2, { rounds, rate: ({ invocation }) => (invocation === 0 ? 30e6 : 18e6) })
    const dealt = fairness(2, { rounds: 3, rate: ({ invocation, repetition }) => ((invocation + repetition) % 2 === 0 ? 30e6 : 18e6) })
    expect(dealt.persistent).toBe('unknown') // three rounds say nothing against either
    expect([ofTwo(3), ofTwo(5), ofTwo(6)].map(({ persistent }) => persistent)).toEqual(['unknown', 'unknown', 'yes'])
  })

  /** Where the function of this invocation stands in this round: it moves on from round to round. */
  const place = ({ invocation, repetition }: { invocation: number; repetition: number }): number => (invocation + 3 * repetition) % 8
  const followed = (
    slow: (place: number) => boolean,
    sample: (sample: CompletedSample, place: number) => CompletedSample,
  ): FairnessFinding => {
    const random = seededRandom(12)
    return fairness(8, {
      rounds: 8,
      rate: (at) => (slow(place(at)) ? 13e6 : 20e6) * lognormal(random, 0.05),
      sample: (one, at) => sample({ ...one, instance: `${at.repetition}-${at.invocation}` }, place(at)),
    })
  }

  test('are followed by host, by target, by instance', () => {
    const half = (at: number): boolean => at < 4
    const host = followed(half, (sample, at) => ({ ...sample, host: half(at) ? 'slow' : 'fast' }))
    expect(host).toMatchObject({ persistent: 'yes', reasons: [{ message: expect.stringMatching(/^Host (slow|fast) got/) }] })
    const target = followed(half, (sample, at) => ({ ...sample, target: half(at) ? 1 : 0 }))
    expect(target).toMatchObject({ persistent: 'yes', reasons: [{ message: expect.stringMatching(/^Target [01] got/) }] })
    const lame = (at: number): boolean => at === 5
    const instance = followed(lame, (sample, at) => ({ ...sample, instance: `sandbox-${at}` }))
    expect(instance).toMatchObject({
      persistent: 'yes',
      reasons: [{ message: expect.stringMatching(/^Instance sandbox-5 got 0.6\d of the mean share/) }],
    })
    // The same without a name that lasts.
    expect(followed(half, (sample) => sample).persistent).toBe('no')
  })
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
