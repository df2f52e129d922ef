import { describe, expect, test } from 'vitest'
import type { ContentionAnswer, ContentionTest } from '../../../src/analysis/colocation/contention.ts'
import { planTests } from '../../../src/analysis/colocation/test-plan.ts'
import { seededRandom, shuffled } from '../../../src/analysis/seeded-random.ts'
import { meanOf, simulatedAnswer, simulatedCampaigns, simulatedPlacement } from './simulated-placement.ts'

const cloud = { instances: 800, hosts: 151, fingerprints: 162, mostPerHost: 10 }
const room = { instances: 26, hosts: 4, mostPerHost: 26 }

describe('calibration, by simulation', () => {
  test('800 instances on 151 hosts, 0.02 of readings wrong, in at most 400 tests', () => {
    const runs = simulatedCampaigns(1, 990_017, cloud, { error: 0.02 }, { maximumTests: 400 })
    expect(meanOf(runs, ({ fowlkesMallows }) => fowlkesMallows)).toBeGreaterThanOrEqual(0.995)
    for (const { plan } of runs) expect(plan.testsUsed).toBeLessThanOrEqual(400)
  })

  test('26 instances on 4 hosts in at most 12 rounds', () => {
    const runs = simulatedCampaigns(50, 990_017, room, { error: 0.02 }, { maximumRounds: 12 })
    expect(meanOf(runs, ({ fowlkesMallows }) => fowlkesMallows)).toBeGreaterThanOrEqual(0.99)
  })

  test('where nobody interferes nobody is linked', () => {
    const runs = simulatedCampaigns(50, 990_017, room, { error: 0.02, isolated: true })
    expect(runs.flatMap(({ plan }) => plan.groups)).toEqual([])
  })
})

describe('a plan', () => {
  const names = ['a', 'b', 'c', 'd']
  const candidates = names.map((instance) => ({ instance }))
  const answer = (asked: ContentionTest, losers: readonly string[], pValue: number | null = 0.001): ContentionAnswer => ({
    ...asked,
    readings: asked.listeners.map((listener) => {
      const loses = losers.includes(listener)
      return { listener, pValue: pValue === null ? null : loses ? pValue : 0.6, effect: pValue === null ? null : loses ? 0.5 : 0.01 }
    }),
  })
  /** Until nothing is open. */
  function played(all: Parameters<typeof planTests>[0], reply: (asked: ContentionTest) => ContentionAnswer) {
    const answers: ContentionAnswer[] = []
    let plan = planTests(all, answers)
    while (plan.next.length > 0 && answers.length < 100) {
      answers.push(...plan.next.map(reply))
      plan = planTests(all, answers)
    }
    return { plan, answers }
  }

  test('begins with one who sends and all others who listen', () => {
    expect(planTests(candidates, [])).toEqual({
      next: [{ kind: 'leader', senders: ['a'], listeners: ['b', 'c', 'd'] }],
      groups: [],
      undecided: [],
      testsUsed: 0,
    })
    expect(planTests([], []).next).toEqual([])
    expect(planTests([{ instance: 'a' }], []).next).toEqual([])
  })

  test('asks different strata and different fingerprints at the same moment', () => {
    const apart = names.map((instance, index) => ({ instance, stratum: index < 2 ? 'x' : 'y' }))
    expect(planTests(apart, []).next.map(({ senders }) => senders)).toEqual([['a'], ['c']])
    const traits = names.map((instance, index) => ({ instance, fingerprint: index < 2 ? 'x' : 'y' }))
    expect(planTests(traits, []).next.map(({ listeners }) => listeners)).toEqual([['b'], ['d']])
  })

  test('one loss is asked again, and a second one is enough', () => {
    const pair = ['a', 'b']
    const { plan, answers } = played(candidates, (asked) => answer(asked, pair.includes(asked.senders[0] ?? '') ? pair : []))
    expect(plan.groups).toMatchObject([{ instances: pair }])
    expect(plan.groups[0]?.confidence).toBeGreaterThan(0.9)
    expect(answers.length).toBeGreaterThan(2)
  })

  test('a fingerprint that tells too much apart is found by the screen of leaders', () => {
    const hosts: Record<string, number> = { a: 1, b: 1, c: 1, d: 1, e: 2, f: 3 }
    const traits = Object.keys(hosts).map((instance) => ({
      instance,
      fingerprint: 'ab'.includes(instance) ? 'x' : 'cd'.includes(instance) ? 'y' : instance,
    }))
    const { plan, answers } = played(traits, (asked) =>
      answer(
        asked,
        asked.listeners.filter((listener) => asked.senders.some((sender) => sender !== listener && hosts[sender] === hosts[listener])),
      ),
    )
    expect(plan.groups.map(({ instances }) => instances)).toEqual([['a', 'b', 'c', 'd']])
    expect(answers.filter(({ kind }) => kind === 'screen')).toHaveLength(2)
  })

  test('who cannot be read is undecided, and not asked for ever', () => {
    const { plan, answers } = played(candidates, (asked) => answer(asked, [], null))
    expect(plan.groups).toEqual([])
    expect(plan.undecided).toEqual(names)
    expect(answers.length).toBeLessThan(40)
    const silent = played(candidates, (asked) => ({ ...asked, readings: [] }))
    expect(silent.plan.undecided).toEqual(names)
  })

  test('is the same for every order of candidates', () => {
    const random = seededRandom(5)
    const placement = simulatedPlacement({ instances: 12, hosts: 3 }, random)
    const answers: ContentionAnswer[] = []
    for (let step = 0; step < 4; step++) {
      const plan = planTests(placement.candidates, answers)
      expect(planTests(shuffled(placement.candidates, random), answers)).toEqual(plan)
      answers.push(...plan.next.map((asked) => simulatedAnswer(asked, placement, { error: 0.05 }, random)))
    }
  })

  test('ends at its most tests', () => {
    const answers = [1, 2].map(() => answer({ kind: 'leader', senders: ['a'], listeners: ['b', 'c', 'd'] }, ['b']))
    expect(planTests(candidates, answers, { maximumTests: 2 })).toMatchObject({ next: [], testsUsed: 2 })
  })
})
