import { describe, expect, test } from 'vitest'
import type { InstanceFacts, InstanceObservations } from '../../../src/analysis/colocation/observation.ts'
import { observe } from '../../../src/analysis/colocation/validity.ts'
import { linkedPairs, TRAPS } from './fixtures.ts'

const bare = (changes: Partial<InstanceFacts>): InstanceFacts => ({
  instance: 'a',
  provider: 'aws',
  fromMs: 0,
  toMs: 1000,
  invocations: 1,
  facts: {},
  ...changes,
})

const keysOf = ({ observations }: InstanceObservations): string[] => observations.map(({ kind }) => kind.key)

describe.each(TRAPS)('$name: $case', ({ instances, linked, dropped = [], origin, date }) => {
  const all = observe(instances)

  test('links what belongs together, and nothing else', () => {
    const expected = Object.entries(linked).map(([scope, pairs]) => [scope, pairs.map((pair) => pair.join(' ')).sort()])
    const { egress: _, ...places } = linkedPairs(all)
    const { egress: __, ...expectedPlaces } = Object.fromEntries(expected) as Record<string, string[]>
    expect(places).toEqual(expectedPlaces)
    if (linked.egress !== undefined) expect(linkedPairs(all)['egress']).toEqual(linked.egress.map((pair) => pair.join(' ')))
  })

  test('says why values were dropped', () => {
    for (const [instance, key, code] of dropped) {
      const found = all.find((one) => one.instance.instance === instance)?.dropped ?? []
      expect(found, `${instance} ${key}`).toContainEqual({ key, code, message: expect.stringContaining(`${key}: `) })
    }
  })

  test('whatever the order', () => {
    const byName = (some: readonly InstanceObservations[]) =>
      some
        .map((one) => ({ ...one, observations: one.observations.map(({ number: _, ...observation }) => observation) }))
        .sort((a, b) => (a.instance.instance < b.instance.instance ? -1 : 1))
    expect(byName(observe(instances.toReversed()))).toEqual(byName(all))
  })

  test('has origin and date', () => {
    expect(origin.length).toBeGreaterThan(5)
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  })
})

test('declared hosts and regions are observations', () => {
  const [one] = observe([bare({ host: 'host-3', region: 'eu-west-1' })])
  expect(one?.observations).toEqual([
    {
      kind: { key: 'declared-host', scope: 'host', basis: 'declared', confidence: 1, separates: 'host', realm: 'aws eu-west-1' },
      value: 'host-3',
      number: 0,
    },
    {
      kind: { key: 'region', scope: 'stratum', basis: 'declared', confidence: 0, separates: 'host', realm: 'aws' },
      value: 'eu-west-1',
      number: 0,
    },
  ])
})

test('a declared host stays, whatever speaks against it', () => {
  const zone = (name: string) => ({ 'metadata/execution-environment': JSON.stringify({ AvailabilityZoneID: name }) })
  const all = observe(['euc1-az1', 'euc1-az2'].map((name, i) => bare({ instance: String(i), host: 'host-0', facts: zone(name) })))
  for (const one of all) expect(keysOf(one)).toEqual(['declared-host', 'aws-availability-zone'])
})

test('accounts are worlds of their own', () => {
  const facts = { 'proc/self/cgroup': '2:cpu:/sandbox-root-q7RkWm/sandbox-3fa19e' }
  const all = observe([bare({ instance: 'a', account: '1', facts }), bare({ instance: 'b', account: '2', facts })])
  expect(linkedPairs(all)).toEqual({})
})

test('how many distinct instances make a constant', () => {
  const boot = (i: number) => ({
    'proc/sys/kernel/random/boot_id': '03e54a80-2b20-4ed5-a02a-354bc8c6e74f',
    'env/KUBERNETES_NODE_NAME': `node-${i}`,
  })
  const three = [0, 0, 1].map((node, i) => bare({ instance: String(i), provider: 'kubernetes', facts: boot(node) }))
  expect(observe(three).map(keysOf)).toEqual(Array(3).fill(['kubernetes-node']))
  expect(observe(three, { distinctInstances: 3 }).map(keysOf)).toEqual(Array(3).fill(['kubernetes-node', 'boot-id']))
})

describe('lifetimes', () => {
  const live = (spans: readonly (readonly [number, number])[]) =>
    linkedPairs(
      observe(
        spans.map(([fromMs, toMs], i) =>
          bare({ instance: String(i), provider: 'kubernetes', fromMs, toMs, facts: { 'sys/class/net/eth0/address': 'ca:9d:05:3a:71:0e' } }),
        ),
      ),
    )['vm']

  test.each([
    [
      [
        [0, 10],
        [5, 20],
      ],
      ['0 1'],
    ],
    [
      [
        [0, 10],
        [11, 20],
      ],
      undefined,
    ],
    [
      [
        [0, 10],
        [10, 20],
      ],
      undefined,
    ],
    [
      [
        [0, 100],
        [0, 10],
        [20, 30],
      ],
      ['0 1'],
    ],
    [
      [
        [20, 30],
        [0, 10],
        [5, 25],
      ],
      ['1 2'],
    ],
  ] as const)('%j: %j', (spans, expected) => {
    expect(live(spans)).toEqual(expected)
  })

  test('whoever is linked lived at one moment', () => {
    let state = 1
    const next = (most: number) => {
      state = (state * 48271) % 2147483647
      return state % most
    }
    for (let run = 0; run < 200; run++) {
      const spans = Array.from({ length: 8 }, () => next(100)).map((from) => [from, from + next(40)] as const)
      for (const pair of live(spans) ?? []) {
        const [a, b] = pair.split(' ').map((i) => spans[Number(i)] ?? [0, 0])
        expect(Math.max(a?.[0] ?? 0, b?.[0] ?? 0)).toBeLessThanOrEqual(Math.min(a?.[1] ?? 0, b?.[1] ?? 0))
      }
    }
  })
})
