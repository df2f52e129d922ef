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

  test('that nobody knows, or over which a round is spread: the verdict is not of n on one host', () => {
    const cloud: Ladder = { ...isolated, experiment: (record) => ({ ...record, provider: { name: 'aws', region: 'eu-central-1' } }) }
    expect([sharing(cloud).verdict, codes(sharing(cloud))]).toEqual(['isolated', ['no-placement']])
    const capped = sharing({ ...cloud, rate: ({ n }) => Math.min(50e6, 200e6 / n) * jitter() })
    expect([capped.verdict, codes(capped)]).toEqual(['capped', ['no-placement']])
    expect(codes(sharing({ ...cloud, round: (round) => ({ ...round, host: 'host-0' }) }))).toEqual([])
    const spread = sharing({ ...isolated, sample: (sample, { invocation }) => ({ ...sample, host: `host-${invocation % 4}` }) })
    expect([spread.verdict, codes(spread)]).toEqual(['isolated', ['no-placement']])
  })
})
