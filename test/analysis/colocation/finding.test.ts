import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { colocationFinding } from '../../../src/analysis/colocation/finding.ts'
import { placementOf } from '../../../src/analysis/colocation/placement.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { ColocationFinding } from '../../../src/model/colocation-finding.ts'
import type { Journal } from '../../../src/model/journal.ts'
import { renderColocation } from '../../../src/report/colocation.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'
import { manyInstances } from './many-instances.ts'

interface Told {
  readonly instance: string
  readonly host?: string
  readonly facts?: Readonly<Record<string, string>>
}

/** One round, one sample for each. */
function journalOf(provider: string, told: readonly Told[]): Journal {
  const { experiment, rounds, samples } = syntheticJournal({ concurrency: [1], rounds: 1 })
  const [round, sample] = [rounds[0], samples[0]]
  if (round === undefined || sample === undefined) throw new Error('no round')
  const { host: _, ...plain } = sample
  return {
    experiment: { ...experiment, provider: { name: provider } },
    rounds: [{ ...round, concurrency: told.length }],
    samples: told.map((own, invocation) => ({ ...plain, ...own, invocation })),
    excluded: [],
    warnings: [],
  }
}

const found = (provider: string, told: readonly Told[]): ColocationFinding => {
  const { colocation } = analyzeJournal(journalOf(provider, told), { resamples: 20 })
  if (colocation === null) throw new Error('no finding')
  return colocation
}

describe('the local provider, whose truth is known', () => {
  const sizes = [1, 2, 4, 8].flatMap((hosts) => [4, 26, 64].map((n) => ({ hosts, n })))
  test.each(sizes)('$n instances on $hosts hosts, by their addresses', ({ hosts, n }) => {
    const told = Array.from({ length: n }, (_, index) => ({
      instance: `nonce-${(index * 7) % n}-${index}`,
      host: `host-${index % hosts}`,
      facts: {
        'net/eth0': `02:00:00:00:00:01 198.18.${(index % hosts) * 4}.${1 + Math.floor(index / hosts)}/22`,
        'proc/sys/kernel/random/boot_id': '03e54a80-2b20-4ed5-a02a-354bc8c6e74f',
        'process/arch': 'x64',
      },
    }))
    const { groups, quality, unknownShare, pairs, undecided } = found('local', told)
    // With one instance a host there is no pair to be right about.
    const perfect = n > hosts ? 1 : null
    const figures = { precision: perfect, recall: perfect, f1: perfect, fowlkesMallows: perfect, adjustedRand: hosts > 1 ? perfect : null }
    expect(quality).toEqual({ ...figures, groupCountError: 0, unknownShare: 0, instances: n, intervals: null })
    const shared = n > hosts ? hosts : 0
    expect(groups.filter(({ level }) => level === 'same-host')).toHaveLength(shared)
    expect({ unknownShare, undecided, sameVm: pairs.sameVm }).toEqual({ unknownShare: 0, undecided: [], sameVm: 0 })
  })

  test('quality is that of the inference: declared hosts do not help themselves', () => {
    const told = ['a', 'b', 'c', 'd'].map((instance, index) => ({ instance, host: `host-${index % 2}`, facts: { 'process/arch': 'x64' } }))
    const { groups, quality, unknownShare } = found('local', told)
    expect(groups).toMatchObject([
      { level: 'same-host', instances: ['a', 'c'], evidence: ['declared:declared-host'], confidence: 1 },
      { level: 'same-host', instances: ['b', 'd'] },
    ])
    expect(unknownShare).toBe(0)
    expect(quality).toMatchObject({ precision: null, recall: 0, fowlkesMallows: null, unknownShare: 1 })
  })
})

describe('a cloud, where nobody tells', () => {
  const boot = (digit: number): string => `03e54a80-2b20-4ed5-a02a-354bc8c6e7${digit}1`
  const lambda = (instance: string, facts: Readonly<Record<string, string>>): Told => ({ instance, facts })

  test('machines of their own and one way out: who shares a host is unknown', () => {
    const told = [1, 2, 3].map((digit) => lambda(`n${digit}`, { 'proc/sys/kernel/random/boot_id': boot(digit), egress: '34.229.167.179' }))
    const finding = found('aws', told)
    expect(finding.groups).toMatchObject([{ level: 'same-egress', instances: ['n1', 'n2', 'n3'], evidence: ['identifier:egress-address'] }])
    expect(finding).toMatchObject({ unknownShare: 1, instances: 3, quality: null, pairs: { unknown: 3, differentHost: 0, sameHost: 0 } })
    expect(renderColocation(finding)).toMatch(/^3 instances, 3 pairs: 3 unknown\.\n\nGroups\n +one way out \(says nothing of hosts\)/)
  })

  test('without the string that parsers look for, nobody is on one host', () => {
    const told = [1, 2, 3].map((digit) => lambda(`n${digit}`, { 'proc/self/cgroup': '0::/', 'env/HOSTNAME': 'ccvm1' }))
    expect(found('aws', told)).toMatchObject({ groups: [], unknownShare: 1 })
  })

  test('what the facts leave open, tests of contention may tell; never that two are apart', () => {
    const told = ['a', 'b', 'c'].map((instance) => lambda(instance, { 'process/arch': 'arm64' }))
    const contention = [{ channel: 'network', groups: [{ instances: ['a', 'b'], confidence: 0.97 }], undecided: ['c'] }]
    const finding = colocationFinding(journalOf('aws', told), { minimumConfidence: 0.6, contention })
    expect(finding?.groups).toMatchObject([
      { level: 'same-host', instances: ['a', 'b'], evidence: ['contention:network'], confidence: 0.97 },
    ])
    expect(finding).toMatchObject({ undecided: ['c'], pairs: { sameHost: 1, unknown: 2, differentHost: 0 } })
  })

  test('says from when to when, which values it did not use, and how many are no pair', () => {
    const frozen = { 'proc/sys/kernel/random/boot_id': boot(1), 'env/AWS_LAMBDA_INITIALIZATION_TYPE': 'snap-start' }
    const finding = found('aws', [lambda('a', frozen), lambda('b', frozen)])
    expect(finding.dropped).toMatchObject([{ key: 'boot-id', code: 'snapshot-clone', instances: 2 }])
    expect(finding.groups).toEqual([])
    expect(found('aws', [lambda('a', frozen)])).toMatchObject({ unknownShare: null, instances: 1 })
    const text = renderColocation(finding)
    expect(text).toContain('[snapshot-clone]')
    const [group] = found('aws', [
      lambda('a', { 'proc/sys/kernel/random/boot_id': boot(1), 'env/AWS_LAMBDA_INITIALIZATION_TYPE': 'lambda-managed-instances' }),
      lambda('b', { 'proc/sys/kernel/random/boot_id': boot(1), 'env/AWS_LAMBDA_INITIALIZATION_TYPE': 'lambda-managed-instances' }),
    ]).groups
    const { samples } = journalOf('aws', [lambda('a', {})])
    expect(group).toMatchObject({ level: 'same-vm', fromMs: samples[0]?.startedAtMs, toMs: samples[0]?.endedAtMs })
  })
})

test('a journal without facts has no finding', () => {
  expect(analyzeJournal(syntheticJournal({ concurrency: [1, 2], rounds: 1 })).colocation).toBeNull()
  expect(renderColocation(null)).toBe('Cannot tell who shared a host: no sample of this journal carries facts.\n')
})

test('the work grows with the instances, not with their pairs', () => {
  const operations = (count: number): number => {
    const all = manyInstances(count, seededRandom(1))
    let reads = 0
    const counted = all.map((instance) => {
      const facts = new Proxy(instance.facts, {
        get: (target, key) => {
          reads++
          return Reflect.get(target, key)
        },
      })
      return { ...instance, facts }
    })
    const { partition } = placementOf(counted, { minimumConfidence: 0.6 })
    expect(partition.groups.vm.length).toBeGreaterThan(count / 10)
    return reads + mapWork(() => placementOf(all, { minimumConfidence: 0.6 }))
  }
  const [small, large] = [operations(500), operations(2000)]
  expect(large / small).toBeGreaterThan(3)
  expect(large / small).toBeLessThan(4.5)
})

/** How often maps were asked or changed. */
function mapWork(work: () => unknown): number {
  const { get, set } = Map.prototype
  let calls = 0
  Map.prototype.get = function (key) {
    calls++
    return get.call(this, key)
  }
  Map.prototype.set = function (key, value) {
    calls++
    return set.call(this, key, value)
  }
  try {
    work()
  } finally {
    Object.assign(Map.prototype, { get, set })
  }
  return calls
}
