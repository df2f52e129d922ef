import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import { placementOf } from '../../../src/analysis/colocation/placement.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import { CGROUP, type Facts, NODE, ZONE } from './adversarial-cases.ts'
import { TRAPS } from './fixtures.ts'
import { noise } from './garbage.ts'

/** What proves that a sandbox root is in two places. */
const PROOFS = [ZONE, 'proc/cpuinfo'] as const
const differentOf = (some: readonly InstanceFacts[], key: string): number => new Set(some.flatMap(({ facts }) => facts[key] ?? [])).size

/**
 * Each instance's texts are lost, cut or replaced, each in its own way. Two things cannot be known any more, and are left out: that the
 * name of a node is one that tools give to all of them, once it is cut; and that a root is in two zones or on two processors, where fewer
 * than two of those are left to those who still show the root. That instances are copies of one snapshot must not depend on the variable that says so.
 */
describe('texts damaged in each instance for itself', () => {
  const apart = TRAPS.filter(({ linked }) => Object.keys(linked).every((scope) => scope === 'egress'))
  const damage = fc.record({ what: fc.constantFrom('lose', 'cut', 'swap', 'keep'), at: fc.nat(80), seed: fc.nat() })

  const damaged = (facts: Facts, number: number, damages: readonly { what: string; at: number; seed: number }[]): Facts =>
    Object.fromEntries(
      Object.entries(facts).flatMap(([key, text], index): [string, string][] => {
        const { what = 'keep', at = 0, seed = 0 } = damages[index % damages.length] ?? {}
        if (what === 'lose') return []
        if (what === 'swap') return [[key, noise(seededRandom(seed + 7919 * number))]]
        return [[key, what === 'cut' && key !== NODE ? text.slice(0, Math.max(0, text.length - at)) : text]]
      }),
    )

  test.each(apart)('$name', ({ instances }) => {
    fc.assert(
      fc.property(fc.array(fc.array(damage, { minLength: 6, maxLength: 12 }), { minLength: 2, maxLength: 4 }), (damages) => {
        const left = instances.map((one, index) => ({ ...one, facts: damaged(one.facts, index, damages[index % damages.length] ?? []) }))
        for (const proof of PROOFS) {
          if (differentOf(instances, proof) < 2) continue
          const rooted = instances.filter(({ facts }, index) => facts[CGROUP] === left[index]?.facts[CGROUP])
          const proven = rooted.filter((one) => left[instances.indexOf(one)]?.facts[proof] === one.facts[proof])
          fc.pre(rooted.length < 2 || differentOf(proven, proof) > 1)
        }
        expect(placementOf(left, { minimumConfidence: 0.6 }).partition.groups.host).toEqual([])
      }),
      { numRuns: 60, seed: 20261122 },
    )
  })
})
