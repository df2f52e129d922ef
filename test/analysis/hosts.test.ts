import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import type { SharingFinding } from '../../src/model/report.ts'
import { type Ladder, ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

const random = seededRandom(4)
const jitter = (): number => lognormal(random, 0.01)
const isolated: Ladder = { rate: () => 19.1e6 * jitter() }
const sharing = (ladder: Ladder): SharingFinding => analyzeJournal(ladderJournal(ladder)).sharing[0] as SharingFinding
const codes = ({ reasons }: SharingFinding): string[] => [...new Set(reasons.map(({ code }) => code))].sort()

describe('hosts', () => {
  const hostOf = (repetition: number): string => `host-${repetition % 3}`
  const slow = { 'host-0': 1, 'host-1': 0.5, 'host-2': 1.6 } as Readonly<Record<string, number>>
  const onHosts: Ladder = {
    rate: ({ n, repetition }) => (573e6 / n) * (slow[hostOf(repetition)] ?? 1) * jitter(),
    round: (round, { repetition }) => ({ ...round, host: hostOf(repetition) }),
  }

  test('are blocked where each saw every level', () => {
    expect(sharing(onHosts)).toMatchObject({ verdict: 'shared', grade: 'firm', reasons: [] })
    expect(sharing(onHosts).confidence).toBeGreaterThan(0.98)
  })

  test('are blocked as far as they hang together, and it is said', () => {
    const finding = sharing({
      ...onHosts,
      rate: ({ n, repetition }) => (573e6 / n) * (n === 4 ? 1 : (slow[hostOf(repetition)] ?? 1)) * jitter(),
      round: (round, { n, repetition }) => ({ ...round, host: n === 4 ? 'host-0' : hostOf(repetition) }),
    })
    expect(finding).toMatchObject({ verdict: 'shared', grade: 'likely', reasons: [{ code: 'unblocked' }] })
    expect(finding.confidence).toBeGreaterThan(0.98)
  })

  test('that saw other levels than the others make a curve of their own: no verdict', () => {
    const place = (n: number): string => (n < 16 ? 'fast' : 'slow')
    const isolatedOnBoth: Ladder = {
      rate: ({ n }) => (n < 16 ? 50e6 : 31e6) * jitter(),
      round: (round, { n }) => ({ ...round, host: place(n) }),
    }
    const finding = sharing(isolatedOnBoth)
    expect([finding.verdict, finding.confidence, codes(finding)]).toEqual(['inconclusive', null, ['unblocked']])
  })

  test('of which every round has one of its own are noise, and it is said', () => {
    const finding = sharing({
      rate: ({ n }) => (573e6 / n) * jitter(),
      round: (round, { n, repetition }) => ({ ...round, host: `host-${n}-${repetition}` }),
    })
    expect(finding).toMatchObject({ verdict: 'shared', grade: 'likely', reasons: [{ code: 'unblocked' }] })
  })

  test('are known from the samples too', () => {
    const { round: _, ...ladder } = onHosts
    const finding = sharing({ ...ladder, sample: (sample, { repetition }) => ({ ...sample, host: hostOf(repetition) }) })
    expect(finding).toMatchObject({ verdict: 'shared', grade: 'firm', reasons: [] })
    expect(finding.confidence).toBeGreaterThan(0.98)
  })

  test('that nobody knows: the verdict is not of n on one host', () => {
    const cloud: Ladder = { ...isolated, experiment: (record) => ({ ...record, provider: { name: 'aws', region: 'eu-central-1' } }) }
    expect([sharing(cloud).verdict, codes(sharing(cloud))]).toEqual(['isolated', ['no-placement']])
    const capped = sharing({ ...cloud, rate: ({ n }) => Math.min(50e6, 200e6 / n) * jitter() })
    expect([capped.verdict, codes(capped)]).toEqual(['capped', ['no-placement']])
    expect(codes(sharing({ ...cloud, round: (round) => ({ ...round, host: 'host-0' }) }))).toEqual([])
    expect([sharing(cloud).counted, sharing(isolated).counted]).toEqual(['concurrent', 'same-host'])
  })

  test('over which a round is spread: what counts is how many functions were on one', () => {
    const over = (hosts: number): Ladder => ({
      concurrency: [1, 2, 4, 8, 16, 32],
      rate: ({ n, invocation }) => (600e6 / Math.ceil((n - (invocation % hosts)) / hosts)) * jitter(),
      sample: (sample, { invocation }) => ({ ...sample, host: `host-${invocation % hosts}` }),
    })
    const finding = sharing(over(2))
    expect(finding).toMatchObject({ verdict: 'shared', grade: 'firm', counted: 'same-host', upToConcurrency: 16, reasons: [] })
    expect((finding.capacityBitsPerSecond ?? 0) / 600e6).toBeCloseTo(1, 1)
    // n = 1, 2, 4, 8 never put two on one: three levels are left, and no curve.
    expect(sharing(over(8))).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'levels' }] })
    const uneven = sharing({ ...over(4), concurrency: [1, 2, 4, 8, 16, 26], rate: () => 19e6 * jitter() })
    expect(uneven).toMatchObject({ verdict: 'isolated', counted: 'same-host', upToConcurrency: 7, reasons: [{ code: 'unblocked' }] })
  })

  test('of one round are one number: what they have in common is not seen twice', () => {
    const moment = new Map<string, number>()
    const journal = ladderJournal({
      concurrency: [2, 4, 8, 16, 32],
      rounds: 3,
      rate: ({ n, repetition }) => {
        const key = `${n} ${repetition}`
        moment.set(key, moment.get(key) ?? lognormal(random, 0.4))
        return (1200e6 / n) * (moment.get(key) ?? 1)
      },
      sample: (sample, { invocation }) => ({ ...sample, host: `host-${invocation % 2}` }),
    })
    const alone = { ...journal, samples: journal.samples.filter(({ invocation }) => invocation % 2 === 0) }
    const halved = { ...alone, rounds: alone.rounds.map((round) => ({ ...round, concurrency: round.concurrency / 2 })) }
    const [both, one] = [journal, halved].map((each) => analyzeJournal(each).sharing[0])
    expect(both?.confidence).toBeCloseTo(one?.confidence ?? 0, 6)
  })

  test('known by facts: declared, or contention for anything but the network', () => {
    const cloud: Ladder = {
      rate: ({ n }) => (600e6 / n) * jitter(),
      experiment: (record) => ({ ...record, provider: { name: 'aws', region: 'eu-central-1' } }),
      sample: (sample) => ({ ...sample, facts: { 'process/arch': 'x64' } }),
    }
    const journal = ladderJournal(cloud)
    const instances = Array.from({ length: 26 }, (_, index) => `instance-${index}`)
    const by = (channel: string, confidence = 0.95): SharingFinding =>
      analyzeJournal(journal, {}, [{ channel, groups: [{ instances, confidence }], undecided: [] }]).sharing[0] as SharingFinding
    expect(by('memory')).toMatchObject({ verdict: 'shared', counted: 'same-host', reasons: [] })
    expect(by('memory', 0.8)).toMatchObject({ verdict: 'shared', counted: 'concurrent', reasons: [{ code: 'no-placement' }] })
    const circular = by('network')
    expect(circular).toMatchObject({ verdict: 'shared', counted: 'concurrent', reasons: [{ code: 'no-placement' }] })
    expect(circular.reasons[0]?.message).toContain('must not prove')
  })
})
