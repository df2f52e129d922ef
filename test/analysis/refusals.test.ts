import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { type Random, seededRandom } from '../../src/analysis/seeded-random.ts'
import type { Interval } from '../../src/model/journal-record.ts'
import type { Report, SharingFinding } from '../../src/model/report.ts'
import { failedSample, type Ladder, ladderJournal, startAtMs } from './ladder.ts'
import { lognormal } from './noise.ts'

const random = seededRandom(14)
const jitter = (): number => lognormal(random, 0.02)
const isolated: Ladder = { rate: () => 20e6 * jitter() }
const shared: Ladder = { rate: ({ n }) => (500e6 / n) * jitter() }

const reportOf = (ladder: Ladder): Report => analyzeJournal(ladderJournal(ladder))
const sharing = (ladder: Ladder): SharingFinding => reportOf(ladder).sharing[0] as SharingFinding
const codes = ({ reasons }: Pick<SharingFinding, 'reasons'>): string[] => [...new Set(reasons.map(({ code }) => code))].sort()

describe('the trap of summing rates', () => {
  const capacity = 500e6
  const bytes = 62.5e6 // one second alone

  /** Functions share the capacity at every instant; each starts within the time that the transfer of all takes, and moves the same. */
  function scattered(
    n: number,
    spread: number,
    draw: Random,
  ): readonly { readonly startMs: number; readonly series: readonly Interval[] }[] {
    const starts = Array.from({ length: n }, (_, index) => (index === 0 ? 0 : draw() * spread * n * 1000))
    const series = starts.map((): Interval[] => [])
    const left = starts.map(() => bytes)
    for (let nowMs = 0; left.some((rest) => rest > 0); nowMs += 10) {
      const active = starts.flatMap((startMs, index) => (startMs <= nowMs && (left[index] as number) > 0 ? [index] : []))
      for (const index of active) {
        const moved = Math.min(left[index] as number, (capacity / 8 / active.length) * 0.01)
        left[index] = (left[index] as number) - moved
        series[index]?.push([startAtMs + nowMs, startAtMs + nowMs + 10, moved])
      }
    }
    return starts.map((startMs, index) => ({ startMs, series: series[index] ?? [] }))
  }

  function experiment(spread: number): Report {
    const rounds = new Map<string, ReturnType<typeof scattered>>()
    return reportOf({
      rounds: 3,
      concurrency: [1, 2, 4, 8],
      warmUpMs: 0,
      rate: () => 1,
      sample: (sample, { n, repetition, invocation }) => {
        const key = `${n} ${repetition}`
        const round = rounds.get(key) ?? scattered(n, spread, random)
        rounds.set(key, round)
        const intervals = round[invocation]?.series ?? []
        return { ...sample, bytes, intervals, startedAtMs: intervals[0]?.[0] ?? 0, endedAtMs: intervals.at(-1)?.[1] ?? 0 }
      },
    })
  }

  test('starts as far apart as the transfers are long do not read as isolated', () => {
    // Mean rate of one function over its own transfer, at n = 8: the sum says that nobody loses anything.
    const naive = Array.from({ length: 20 }, () => scattered(8, 1, random).map(({ series }) => bytes / (10 * series.length))).flat()
    const mean = (naive.reduce((sum, rate) => sum + rate, 0) / naive.length) * 8000
    expect(mean).toBeGreaterThan(0.35 * capacity) // an eighth would be right
    const report = experiment(1)
    expect([report.sharing[0]?.verdict, codes(report.sharing[0] as SharingFinding)]).toEqual([
      'inconclusive',
      ['levels', 'overlap', 'rounds'],
    ])
    expect(report.cells.at(-1)?.aggregate).toEqual({ medianBitsPerSecond: null, interval: null })
    expect(report.excluded.every(({ code }) => code === 'overlap')).toBe(true)
  })

  test('starts a little apart read as what they are, by the time that all were active', () => {
    const report = experiment(0.05)
    expect(report.sharing[0]).toMatchObject({ verdict: 'shared', grade: 'firm' })
    for (const { aggregate } of report.cells) expect((aggregate.medianBitsPerSecond ?? 0) / capacity).toBeCloseTo(1, 2)
  })
})

describe('what lies beyond the ladder', () => {
  test('a knee beyond it is "isolated up to 26", never more', () => {
    expect(sharing({ rate: ({ n }) => Math.min(20e6, (20e6 * 40) / n) * jitter() })).toMatchObject({
      verdict: 'isolated',
      upToConcurrency: 26,
      knee: null,
    })
    expect(sharing({ ...isolated, concurrency: [1, 2, 4, 8] })).toMatchObject({ verdict: 'isolated', upToConcurrency: 8 })
  })

  test('a knee just within it may hide, and never reads as shared or degrading', () => {
    for (const knee of [18, 20, 22, 24]) {
      const { verdict } = sharing({ rate: ({ n }) => Math.min(20e6, (20e6 * knee) / n) * lognormal(random, 0.15) })
      expect(['isolated', 'capped', 'inconclusive']).toContain(verdict)
    }
  })

  test('cells of which every sample failed do not vouch for those that survived', () => {
    const dead: Ladder = { ...isolated, sample: (sample, { n }) => (n >= 16 ? failedSample(sample) : sample) }
    const report = reportOf(dead)
    expect(report.sharing[0]).toMatchObject({
      verdict: 'isolated',
      upToConcurrency: 8,
      reasons: [{ code: 'failed-invocation', message: expect.stringMatching(/^n = 16, n = 26:/) }],
    })
    expect(report.cells.at(-1)).toMatchObject({ roundsUsed: 0, failed: 156, perFunction: { medianBitsPerSecond: null } })
    expect(report.fairness.at(-1)).toMatchObject({ verdict: 'inconclusive', jainCorrected: null, persistent: 'unknown' })
    // Survivors of rounds in which others failed do not count either.
    const survivors: Ladder = {
      ...isolated,
      sample: (sample, { n, invocation }) => (n >= 8 && invocation > 0 ? failedSample(sample) : sample),
    }
    expect([sharing(survivors).verdict, codes(sharing(survivors))]).toEqual(['inconclusive', ['failed-invocation', 'levels']])
  })
})

describe('clocks', () => {
  const window = 1000 // ms: 1200 of the ladder, 200 of warm-up

  test('a window of ten times their uncertainty is enough, less is not', () => {
    const at = (clockUncertaintyMs: number): Report => reportOf({ ...isolated, sample: (sample) => ({ ...sample, clockUncertaintyMs }) })
    expect(at(window / 10).excluded).toEqual([])
    const { excluded, sharing: findings } = at(window / 10 + 1)
    expect(excluded).toHaveLength(36)
    expect(excluded[0]).toMatchObject({
      code: 'clock',
      message: expect.stringContaining('the clocks are known to 101.0 ms, the window has 1000 ms'),
    })
    expect(codes(findings[0] as SharingFinding)).toEqual(['clock', 'levels', 'rounds'])
  })

  test('the worst one of a round counts, above the whole window too', () => {
    const one: Ladder = {
      ...isolated,
      sample: (sample, { n, invocation }) => (n === 26 && invocation === 3 ? { ...sample, clockUncertaintyMs: 5000 } : sample),
    }
    const report = reportOf(one)
    expect(report.sharing[0]).toMatchObject({ verdict: 'isolated', upToConcurrency: 16 })
    expect(codes(report.sharing[0] as SharingFinding)).toEqual(['clock', 'rounds'])
    expect(report.cells.at(-1)?.roundsUsed).toBe(0)
  })
})

describe('what looks like a shared uplink and is none', () => {
  test('functions that share a CPU', () => {
    const finding = sharing({ ...shared, sample: (sample, { n }) => ({ ...sample, throttled: n > 1 ? 0.9 : 0.1 }) })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['cpu-bound', 'levels']])
  })

  test('a target of which one thread does all the work', () => {
    const finding = sharing({
      ...shared,
      round: (round) => ({
        ...round,
        targets: [
          { cpuBusy: 0.13, busiestThread: 0.99 },
          { cpuBusy: 0.1, busiestThread: 0.2 },
        ],
      }),
    })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['levels', 'target-saturated']])
  })

  test('n invocations on one instance', () => {
    const report = reportOf({ ...shared, sample: (sample) => ({ ...sample, instance: 'the only one' }) })
    expect([report.sharing[0]?.verdict, codes(report.sharing[0] as SharingFinding)]).toEqual([
      'inconclusive',
      ['levels', 'reused-instances', 'rounds'],
    ])
    expect(report.cells.at(-1)).toMatchObject({ instances: 1, reusedInstances: 6 * 25 })
  })
})

test('one starved function of 26 is unfair, where the others leave Jain at 0.97', () => {
  const report = reportOf({ rate: ({ n, invocation }) => (n === 26 && invocation === 11 ? 2e6 : 20e6) * jitter() })
  expect(report.fairness.at(-1)).toMatchObject({
    concurrency: 26,
    verdict: 'unfair',
    persistent: 'yes',
    reasons: [{ code: 'starved', invocation: 11 }],
  })
  expect(report.cells.at(-1)?.fairness?.jain).toBeGreaterThan(0.96)
  expect(report.fairness[0]).toMatchObject({ concurrency: 2, verdict: 'fair' })
})

describe('tiers', () => {
  const inTier = (tier: 'privileged' | 'rootless' | 'plain'): Report =>
    reportOf({ ...isolated, memoryMb: [512, 1024, 2048, 3008], experiment: (record) => ({ ...record, provider: { name: 'local', tier } }) })

  test('without networks of their own there is no verdict on any', () => {
    const { sharing: a, memory, fairness, cells } = inTier('plain')
    for (const finding of [...a, ...memory, ...fairness])
      expect([finding.verdict, finding.reasons[0]?.code]).toEqual(['inconclusive', 'tier'])
    expect(cells[0]?.perFunction.medianBitsPerSecond).toBeGreaterThan(0) // what was measured is told all the same
  })

  test('without CPU quotas only memory has none', () => {
    const { sharing: a, memory, fairness } = inTier('rootless')
    for (const finding of memory) expect([finding.verdict, finding.reasons[0]?.code]).toEqual(['inconclusive', 'tier'])
    for (const finding of a) expect(finding).toMatchObject({ verdict: 'isolated', grade: 'firm', reasons: [] })
    for (const finding of fairness) expect(finding).toMatchObject({ verdict: 'fair', reasons: [] })
  })

  test('with both all are there', () => {
    const { sharing: a, memory, fairness } = inTier('privileged')
    for (const { verdict } of [...a, ...memory, ...fairness]) expect(['isolated', 'flat', 'fair']).toContain(verdict)
  })
})
