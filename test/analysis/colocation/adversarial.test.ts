import { describe, expect, test } from 'vitest'
import { EXTRACTORS } from '../../../src/analysis/colocation/extract/registry.ts'
import { colocationFinding } from '../../../src/analysis/colocation/finding.ts'
import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import { type Placement, placementOf } from '../../../src/analysis/colocation/placement.ts'
import { relationOf } from '../../../src/analysis/colocation/relation.ts'
import type { Journal } from '../../../src/model/journal.ts'
import type { Sample } from '../../../src/model/journal-record.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'
import { all, boot, CASES, type Case, CGROUP } from './adversarial-cases.ts'
import { SHAPES } from './fixtures.ts'

const nameOf = (index: number): string => (index < 26 ? String.fromCharCode(97 + index) : `i${index}`)

function placed({ provider, told, contention = [] }: Pick<Case, 'provider' | 'told' | 'contention'>): Placement {
  const instances = told.map((one, index): InstanceFacts => {
    const [facts, changes] = isChanged(one) ? one : [one, {}]
    return { instance: nameOf(index), provider, fromMs: 0, toMs: 1000, invocations: 1, facts, ...changes }
  })
  return placementOf(instances, { minimumConfidence: 0.6, contention: contention.map((each) => ({ ...each, undecided: [] })) })
}

const isChanged = (one: Case['told'][number]): one is Extract<Case['told'][number], readonly unknown[]> => Array.isArray(one)

const namesOf = (members: Iterable<number>): string =>
  [...members]
    .sort((a, b) => a - b)
    .map(nameOf)
    .join(' ')

/** Each group at the closest level that tells all of it. */
function groupsOf({ partition, sameEgress }: Placement): string[] {
  const levels = (['sandbox', 'vm', 'host'] as const).flatMap((level) => partition.groups[level])
  const closest = new Map(levels.toReversed().map(({ level, members }) => [namesOf(members), level]))
  return [
    ...[...closest].map(([names, level]) => `${level} ${names}`),
    ...sameEgress.map(({ members }) => `egress ${namesOf(members)}`),
  ].sort()
}

test.each(CASES)('$name', ({ groups = [], apart = [], undecided = '', ...instances }) => {
  const placement = placed(instances)
  const { partition } = placement
  expect(groupsOf(placement)).toEqual([...groups].sort())
  expect(namesOf(partition.undecided)).toBe(undecided)
  const pairs = instances.told.flatMap((_, a) => instances.told.slice(a + 1).map((__, step) => [a, a + 1 + step] as const))
  expect(pairs.filter(([a, b]) => relationOf(partition, a, b) === 'different-host').map(namesOf)).toEqual(apart)
  const turned = placed({ ...instances, told: instances.told.toReversed(), contention: [] }).partition
  if (instances.contention === undefined) expect(turned.groups.host.length).toBe(partition.groups.host.length)
})

describe('what a text holds, half of it never tells otherwise', () => {
  // Lines that contradict each other prove it only together.
  const holders = SHAPES.filter(({ facts, malformed = [] }) => facts[CGROUP] !== undefined && malformed.length === 0)
  test.each(holders)('$name', ({ facts, values }) => {
    for (const key of [CGROUP, 'proc/self/mountinfo']) {
      const text = facts[key] ?? ''
      for (let length = 0; length < text.length; length++) {
        const cut = { ...facts, [key]: text.slice(0, length) }
        for (const extractor of EXTRACTORS.filter(({ scope, confidence }) => scope !== 'stratum' && confidence > 0)) {
          const extraction = extractor.extract(cut)
          if (extraction.kind !== 'value') continue
          // Digits after the 128 random bits of a task: its containers share the network, as a pod's do.
          if (/^[0-9a-f]{32}-\d+$/.test(extraction.value)) expect(values[extractor.key]).toContain(extraction.value)
          // Cut at the end of an outer container's id: what that one shows.
          else if (!/docker\/[0-9a-f]{64}$/.test(cut[key] ?? ''))
            expect([extractor.key, extraction.value]).toEqual([extractor.key, values[extractor.key]])
        }
      }
    }
  })

  test('very long texts take no time and link nobody', () => {
    for (const piece of [':', '/', '0', 'a', ' ', '0::/', '/ecs/', 'docker/', '1:cpu:/sandbox-root-', '\n', '.', '-']) {
      const text = piece.repeat(20_000)
      const keys = new Set(SHAPES.flatMap(({ facts }) => Object.keys(facts)))
      expect(groupsOf(placed({ provider: 'elsewhere', told: all(Object.fromEntries([...keys].map((key) => [key, text])), 2) }))).toEqual([])
    }
  })
})

describe('journals', () => {
  const { experiment, rounds, samples } = syntheticJournal({ concurrency: [1], rounds: 1 })
  type Told = Partial<Pick<Sample, 'instance' | 'facts' | 'host'>> & { readonly outcome?: 'failed' }
  const journalOf = (told: readonly Told[]): Journal => {
    const [round, sample] = [rounds[0], samples[0]]
    if (round === undefined || sample === undefined) throw new Error('no round')
    const { host: _, instance: __, ...plain } = sample
    return {
      experiment: { ...experiment, provider: { name: 'kubernetes' } },
      rounds: [{ ...round, concurrency: told.length }],
      samples: told.map((own, invocation) => ({ ...plain, ...own, invocation }) as Sample),
      excluded: [],
      warnings: [],
    }
  }
  const found = (told: readonly Told[]) => colocationFinding(journalOf(told), { minimumConfidence: 0.6 })

  test('one nonce in two samples is one instance', () => {
    expect(
      found([
        { instance: 'a', facts: boot },
        { instance: 'a', facts: boot },
      ]),
    ).toMatchObject({ instances: 1, groups: [] })
  })

  test('one nonce on two declared hosts is on none of them', () => {
    const told = [
      { instance: 'a', facts: {}, host: 'x' },
      { instance: 'a', host: 'y' },
      { instance: 'b', host: 'x' },
      { instance: 'c', host: 'y' },
    ]
    expect(found(told)).toMatchObject({ groups: [], pairs: { unknown: 2, differentHost: 1 } })
  })

  test('half of the samples failed, without facts or without a nonce', () => {
    const told = [
      { instance: 'a', facts: boot },
      { instance: 'b', outcome: 'failed' },
      { outcome: 'failed' },
      { instance: 'c', facts: boot },
    ] as const
    expect(found(told)).toMatchObject({ instances: 3, groups: [{ level: 'same-vm', instances: ['a', 'c'] }], pairs: { unknown: 2 } })
  })

  test('one instance', () => {
    expect(found([{ instance: 'a', facts: boot }])).toMatchObject({ instances: 1, groups: [], unknownShare: null })
  })
})
