import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evidenceOf } from '../../../src/analysis/colocation/evidence.ts'
import type { InstanceObservations, Meaning } from '../../../src/analysis/colocation/observation.ts'
import { ObservedValues } from '../../../src/analysis/colocation/observed-values.ts'
import { countPairs } from '../../../src/analysis/colocation/pairs.ts'
import { type Partition, partition } from '../../../src/analysis/colocation/partition.ts'
import { relationOf } from '../../../src/analysis/colocation/relation.ts'

const MEANINGS = {
  node: { key: 'node', scope: 'vm', basis: 'declared', confidence: 0.99, separates: 'vm' },
  boot: { key: 'boot', scope: 'vm', basis: 'identifier', confidence: 0.999, separates: 'vm' },
  root: { key: 'root', scope: 'vm', basis: 'identifier', confidence: 0.8 },
  container: { key: 'container', scope: 'sandbox', basis: 'identifier', confidence: 0.95 },
  host: { key: 'host', scope: 'host', basis: 'identifier', confidence: 0.9 },
  clock: { key: 'clock', scope: 'host', basis: 'fingerprint', confidence: 0.99, separates: 'host', tolerance: 1 },
  start: { key: 'start', scope: 'vm', basis: 'fingerprint', confidence: 0, separates: 'vm', tolerance: 2 },
  weak: { key: 'weak', scope: 'host', basis: 'fingerprint', confidence: 0.5 },
  zone: { key: 'zone', scope: 'stratum', basis: 'declared', confidence: 0, separates: 'host' },
  name: { key: 'name', scope: 'stratum', basis: 'identifier', confidence: 0 },
} satisfies Record<string, Meaning>

type Values = Readonly<Partial<Record<keyof typeof MEANINGS, string>>>

function observed(all: readonly Values[]): InstanceObservations[] {
  const known = new ObservedValues()
  return all.map((values, index) => ({
    instance: { instance: `${index}`, provider: 'p', fromMs: 0, toMs: 1, invocations: 1, facts: {} },
    observations: Object.entries(values).map(([name, value]) => known.observe(MEANINGS[name as keyof typeof MEANINGS], 'p', value)),
    dropped: [],
  }))
}

const found = (...all: Values[]): Partition => partition(evidenceOf(observed(all), 0.6), 0.6)
const relations = (result: Partition, n: number): string[] =>
  Array.from({ length: n }, (_, a) => a).flatMap((a) => Array.from({ length: n - a - 1 }, (_, step) => relationOf(result, a, a + 1 + step)))

describe('links', () => {
  test('the closest level that is known, and all wider ones', () => {
    const result = found({ container: 'a', boot: '1' }, { container: 'a', boot: '1' }, { boot: '1', host: 'x' }, { host: 'x' }, {})
    expect(relationOf(result, 0, 1)).toBe('same-sandbox')
    expect(relationOf(result, 0, 2)).toBe('same-vm')
    expect(relationOf(result, 0, 3)).toBe('same-host')
    expect(relationOf(result, 0, 4)).toBe('unknown')
    expect(result.groups.host).toMatchObject([
      { members: [0, 1, 2, 3], confidence: 0.9, evidence: ['identifier:boot', 'identifier:container', 'identifier:host'], conflicts: [] },
    ])
    expect(countPairs(result)).toEqual({ sameSandbox: 1, sameVm: 2, sameHost: 3, differentHost: 0, unknown: 4 })
  })

  test('a value that is missing, weak or proves nothing links nobody', () => {
    const result = found({ weak: '1', name: 'vm' }, { weak: '1', name: 'vm' }, {}, {})
    expect(new Set(relations(result, 4))).toEqual(new Set(['unknown']))
  })

  test('a fingerprint of clocks links within its tolerance, not along a chain', () => {
    const result = found({ clock: '100' }, { clock: '100.1' }, { clock: '100.6' }, { clock: '101.2' }, { clock: '200' })
    expect(relationOf(result, 0, 1)).toBe('same-host')
    expect([relationOf(result, 1, 2), relationOf(result, 2, 3)]).toEqual(['unknown', 'unknown'])
    expect(relationOf(result, 3, 4)).toBe('different-host')
  })
})

describe('proofs of different places', () => {
  test('split what a link puts together; who has no value could be in either part', () => {
    const result = found(
      { host: 'x', zone: '1' },
      { host: 'x', zone: '1' },
      { host: 'x', zone: '2' },
      { host: 'x', zone: '2' },
      { host: 'x' },
    )
    expect(result.groups.host.map(({ members }) => members)).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(result.groups.host[0]?.conflicts).toEqual(['zone differs, identifier:host does not'])
    expect([...result.undecided]).toEqual([4])
    expect(relationOf(result, 0, 2)).toBe('different-host')
    expect(relationOf(result, 0, 4)).toBe('unknown')
  })

  test('of a machine say nothing of the host', () => {
    const result = found({ host: 'x', boot: '1' }, { host: 'x', boot: '2' })
    expect(relations(result, 2)).toEqual(['same-host'])
    expect(found({ boot: '1' }, { boot: '2' }).groups.host).toEqual([])
    expect(relations(found({ boot: '1' }, { boot: '2' }), 2)).toEqual(['unknown'])
  })

  test('of clocks weigh against a strong link, and outweigh a weak one', () => {
    const strong = found({ boot: '1', start: '100' }, { boot: '1', start: '110' })
    expect(strong.groups.vm).toMatchObject([{ members: [0, 1], conflicts: ['start differs, identifier:boot does not'] }])
    expect(strong.groups.vm[0]?.confidence).toBeGreaterThan(0.9)
    expect(strong.groups.vm[0]?.confidence).toBeLessThan(0.999)
    expect(relations(found({ root: '1', start: '100' }, { root: '1', start: '110' }), 2)).toEqual(['unknown'])
  })

  test('hold along links: no chain of links joins what is apart', () => {
    const result = found({ boot: '1', zone: 'a' }, { boot: '1', root: 'r' }, { root: 'r', zone: 'b' })
    expect(relationOf(result, 0, 1)).toBe('same-vm')
    expect(relationOf(result, 0, 2)).toBe('different-host')
    expect(relationOf(result, 1, 2)).toBe('different-host')
  })
})

const few = (values: readonly string[]): fc.Arbitrary<string | undefined> => fc.option(fc.constantFrom(...values), { nil: undefined })
const values: fc.Arbitrary<Values> = fc
  .record({
    container: few(['a', 'b', 'c']),
    boot: few(['1', '2', '3']),
    node: few(['n', 'm']),
    root: few(['r', 's']),
    host: few(['x', 'y']),
    clock: few(['10', '10.4', '11', '11.9', '30']),
    start: few(['5', '6', '9']),
    zone: few(['1', '2']),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)))

describe('whatever the values', () => {
  test('levels are nested, nothing that a hard proof keeps apart is together, and pairs add up', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 14 }), (all) => {
        const result = found(...all)
        const { labels, groups } = result
        const counts: Record<string, number> = { 'same-sandbox': 0, 'same-vm': 0, 'same-host': 0, 'different-host': 0, unknown: 0 }
        for (const [a, own] of all.entries()) {
          for (const [step, other] of all.slice(a + 1).entries()) {
            const b = a + 1 + step
            const relation = relationOf(result, a, b)
            counts[relation] = (counts[relation] ?? 0) + 1
            if (labels.sandbox[a] === labels.sandbox[b]) expect(labels.vm[a]).toBe(labels.vm[b])
            if (labels.vm[a] === labels.vm[b]) expect(labels.host[a]).toBe(labels.host[b])
            const apart = (name: keyof Values): boolean => own[name] !== undefined && other[name] !== undefined && own[name] !== other[name]
            if (apart('zone')) expect(labels.host[a]).not.toBe(labels.host[b])
            if (apart('node') || apart('boot')) expect(labels.vm[a]).not.toBe(labels.vm[b])
          }
        }
        const { sameSandbox, sameVm, sameHost, differentHost, unknown } = countPairs(result)
        expect([sameSandbox, sameVm, sameHost, differentHost, unknown]).toEqual(Object.values(counts))
        for (const group of [...groups.sandbox, ...groups.vm, ...groups.host]) {
          expect(group.confidence).toBeGreaterThanOrEqual(0.6)
          expect(group.evidence).not.toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })

  test('an instance of which nothing is known changes nothing for the others', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 10 }), (all) => {
        expect(relations(found(...all, {}), all.length)).toEqual(relations(found(...all), all.length))
      }),
    )
  })
})
