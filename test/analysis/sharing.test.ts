import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { assembleJournal } from '../../src/journal/assemble.ts'
import type { JournalRecord } from '../../src/model/journal-record.ts'
import type { SharingFinding } from '../../src/model/report.ts'
import { failedSample, type Ladder, ladderJournal, ladderRecords } from './ladder.ts'
import { grid, lognormal } from './noise.ts'

const random = seededRandom(4)
const jitter = (): number => lognormal(random, 0.01)
const shared: Ladder = { rate: ({ n }) => (573.7e6 / n) * jitter() }
const isolated: Ladder = { rate: () => 19.1e6 * jitter() }

function sharing(ladder: Ladder): SharingFinding {
  const findings = analyzeJournal(ladderJournal(ladder)).sharing
  expect(findings).toHaveLength(1)
  return findings[0] as SharingFinding
}

const codes = ({ reasons }: SharingFinding): string[] => [...new Set(reasons.map(({ code }) => code))].sort()

describe('the signatures of the stand-in host', () => {
  test('a fair share of 573.7 Mbit/s is shared', () => {
    const finding = sharing(shared)
    expect(finding).toMatchObject({
      verdict: 'shared',
      grade: 'firm',
      upToConcurrency: 26,
      perFunctionBitsPerSecond: null,
      knee: null,
      reasons: [],
    })
    expect((finding.capacityBitsPerSecond ?? 0) / 573.7e6).toBeCloseTo(1, 1)
    expect(finding.isolationIndex).toBeCloseTo(0, 1)
  })

  test('19.1 Mbit/s each is isolated, up to 26', () => {
    const finding = sharing(isolated)
    expect(finding).toMatchObject({ verdict: 'isolated', grade: 'firm', upToConcurrency: 26, capacityBitsPerSecond: null, reasons: [] })
    expect((finding.perFunctionBitsPerSecond ?? 0) / 19.1e6).toBeCloseTo(1, 1)
    expect(finding.isolationIndex).toBeCloseTo(1, 1)
  })

  test('capped at 50 Mbit/s behind 200 Mbit/s has its knee at four functions', () => {
    const finding = sharing({ rate: ({ n }) => Math.min(47.8e6, 191.3e6 / n) * jitter() })
    expect(finding).toMatchObject({ verdict: 'capped', grade: 'firm' })
    expect(finding.knee?.value).toBeGreaterThan(3.8)
    expect(finding.knee?.value).toBeLessThan(4.2)
    expect((finding.perFunctionBitsPerSecond ?? 0) / 47.8e6).toBeCloseTo(1, 1)
    expect((finding.capacityBitsPerSecond ?? 0) / 191.3e6).toBeCloseTo(1, 1)
  })

  test('unequal shares of a FIFO are shared, never degrading', () => {
    const verdicts = new Map<string, number>()
    for (let seed = 1; seed <= 40; seed++) {
      const finding = sharing({ rate: fifoShares(seededRandom(seed)) })
      verdicts.set(finding.verdict, (verdicts.get(finding.verdict) ?? 0) + 1)
      if (finding.reasons.some(({ code }) => code === 'unequal-shares')) expect(finding.grade).toBe('likely')
    }
    expect(verdicts).toEqual(new Map([['shared', 40]]))
  })

  test('degrading and partial carry their exponent, and degrading behind a cap its knee', () => {
    expect(sharing({ rate: ({ n }) => 70e6 * n ** -1.5 * jitter() })).toMatchObject({
      verdict: 'degrading',
      exponent: expect.closeTo(1.5, 1),
    })
    expect(sharing({ rate: ({ n }) => 70e6 * n ** -0.5 * jitter() })).toMatchObject({
      verdict: 'partial',
      exponent: expect.closeTo(0.5, 1),
    })
    const both = sharing({ rate: ({ n }) => Math.min(30e6, 30e6 * (n / 4) ** -1.5) * jitter() })
    expect(both).toMatchObject({ verdict: 'capped-degrading', knee: { value: expect.closeTo(4, 0) } })
  })
})

/** Shares of a constant total that differ by the round, as TCP flows behind one queue: Jain about 0.8. */
function fifoShares(random: () => number): Ladder['rate'] {
  const rounds = new Map<string, number[]>()
  return ({ n, repetition, invocation }) => {
    const key = `${n} ${repetition}`
    const weights = rounds.get(key) ?? Array.from({ length: n }, () => lognormal(random, 0.6))
    rounds.set(key, weights)
    return (574e6 * (weights[invocation] as number) * lognormal(random, 0.002)) / weights.reduce((sum, weight) => sum + weight, 0)
  }
}

describe('what is no verdict about the network', () => {
  test('functions at their CPU quota, by throttling', () => {
    const finding = sharing({ ...shared, sample: (sample) => ({ ...sample, throttled: 0.8 }) })
    expect(finding).toMatchObject({ verdict: 'inconclusive', confidence: null, grade: null, upToConcurrency: null })
    expect(codes(finding)).toEqual(['cpu-bound', 'levels'])
  })

  test('functions at their CPU quota, by what a byte costs them', () => {
    // 128 MB of 3008 on two cores: 0.085 CPU, used up.
    const used = (2 * 128) / 3008
    const journal = ladderJournal({
      ...isolated,
      memoryMb: [128],
      sample: (sample) => ({ ...sample, cpuMs: { user: used * 1200 * 0.4, system: used * 1200 * 0.6 } }),
    })
    const report = analyzeJournal(journal)
    expect(codes(report.sharing[0] as SharingFinding)).toEqual(['cpu-bound', 'levels'])
    const cell = report.cells[0]
    expect(cell?.bottleneck).toBe('cpu')
    expect((cell?.cpuCeilingBitsPerSecond ?? 0) / 19.1e6).toBeCloseTo(1, 0)
    expect(cell?.cpuSecondsPerGB).toBeGreaterThan(0)
  })

  test('a saturated target, a saturated host', () => {
    const target = sharing({ ...shared, round: (round) => ({ ...round, targets: [{ cpuBusy: 0.5, busiestThread: 0.97 }] }) })
    expect([target.verdict, codes(target)]).toEqual(['inconclusive', ['levels', 'target-saturated']])
    const host = sharing({ ...shared, round: (round) => ({ ...round, hostIdle: 0.05 }) })
    expect([host.verdict, codes(host)]).toEqual(['inconclusive', ['host-saturated', 'levels']])
  })

  test('rounds held back by this and that, none of them by most', () => {
    const mixed: Ladder = {
      ...shared,
      sample: (sample, { repetition }) => ({ ...sample, throttled: repetition % 2 === 0 ? 0.9 : 0 }),
      round: (round, { repetition }) => ({ ...round, hostIdle: repetition % 2 === 0 ? 0.6 : 0 }),
    }
    const finding = sharing(mixed)
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['cpu-bound', 'host-saturated', 'levels']])
    expect(analyzeJournal(ladderJournal(mixed)).cells[0]?.bottleneck).toBe('unknown')
  })

  test('saturated only above n = 8: the verdict speaks of the rest', () => {
    const finding = sharing({ ...isolated, round: (round, { n }) => (n > 8 ? { ...round, hostIdle: 0 } : round) })
    expect(finding).toMatchObject({ verdict: 'isolated', upToConcurrency: 8 })
    expect(finding.reasons).toEqual([{ code: 'host-saturated', message: expect.stringMatching(/^n = 16, n = 26:/) }])
  })

  test('plain processes', () => {
    const plain = sharing({ ...isolated, experiment: (record) => ({ ...record, provider: { name: 'local', tier: 'plain' } }) })
    expect([plain.verdict, plain.confidence, codes(plain)]).toEqual(['inconclusive', null, ['tier']])
  })

  test('too few levels, too few rounds', () => {
    expect(sharing({ ...shared, concurrency: [1, 26] })).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'levels' }] })
    const rounds = sharing({ ...shared, rounds: 2 })
    expect([rounds.verdict, codes(rounds)]).toEqual(['inconclusive', ['levels', 'rounds']])
  })

  test('a rate that rises with concurrency', () => {
    const finding = sharing({ rate: ({ n }) => 10e6 * n ** 0.4 * jitter() })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['no-fit']])
  })

  test('a curve of no known shape', () => {
    const finding = sharing({ rate: ({ n }) => (n === 8 ? 5e6 : 50e6) * jitter() })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['no-fit']])
    expect(finding.lackOfFit?.flagged).toBe(true)
  })

  test('instances that were shared', () => {
    const finding = sharing({ ...isolated, sample: (sample, { n }) => (n > 2 ? { ...sample, instance: 'one' } : sample) })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['levels', 'reused-instances', 'rounds']])
  })

  test('clocks that are too uncertain for the window', () => {
    const finding = sharing({ ...isolated, sample: (sample) => ({ ...sample, clockUncertaintyMs: 150 }) })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['clock', 'levels', 'rounds']])
  })
})

describe('functions that did not run together', () => {
  // Each moves the same bytes, shares the link while others run, and starts somewhere in a span of `spread` times the transfer.
  const fixedBytes = (spread: number): Ladder => ({
    rate: ({ n }) => 500e6 / n,
    sample: (sample, { n, invocation }) => {
      const delay = n === 1 ? 0 : (spread * 1200 * invocation) / (n - 1)
      const { intervals: _, ...rest } = sample
      return { ...rest, startedAtMs: sample.startedAtMs + delay, endedAtMs: sample.endedAtMs + delay }
    },
  })

  test('are excluded below an overlap of 0.8: start jitter never looks like isolation', () => {
    const finding = sharing({ ...fixedBytes(0.5), rate: () => 50e6 })
    expect([finding.verdict, codes(finding)]).toEqual(['inconclusive', ['levels', 'overlap', 'rounds']])
    const report = analyzeJournal(ladderJournal(fixedBytes(0.5)))
    expect(report.excluded.filter(({ code }) => code === 'overlap')).toHaveLength(6 * 5)
    expect(report.cells.at(-1)).toMatchObject({
      rounds: 6,
      roundsUsed: 0,
      overlap: expect.closeTo(1 / 3, 2),
      perFunction: { medianBitsPerSecond: null },
    })
  })

  test('count a little above it', () => {
    expect(sharing(fixedBytes(0.05)).verdict).toBe('shared')
  })
})

describe('failed functions', () => {
  const failing = (n: number, rounds: number): Ladder => ({
    ...isolated,
    sample: (sample, at) => (at.n === n && at.repetition < rounds && at.invocation === 1 ? failedSample(sample, 'not-run') : sample),
  })

  test('take their round out, and are counted', () => {
    const report = analyzeJournal(ladderJournal(failing(26, 1)))
    expect(report.sharing[0]).toMatchObject({ verdict: 'isolated', upToConcurrency: 26, reasons: [] })
    expect(report.cells.at(-1)).toMatchObject({ rounds: 6, roundsUsed: 5, samples: 156, failed: 1 })
    expect(report.excluded).toEqual([
      { code: 'failed-invocation', message: expect.stringContaining('AGENT_DIED'), round: 'm2048-n26-r0', invocation: 1 },
    ])
  })

  test('in more than 20 % of the rounds give no verdict beyond', () => {
    expect(sharing(failing(26, 2))).toMatchObject({ verdict: 'isolated', upToConcurrency: 16 })
    expect(sharing(failing(4, 2))).toMatchObject({ verdict: 'isolated', upToConcurrency: 2 })
    // One function alone is isolated from nobody.
    const nobody: Ladder = {
      ...isolated,
      sample: (sample, { n, invocation }) => (n === 2 && invocation === 0 ? failedSample(sample) : sample),
    }
    expect(sharing(nobody)).toMatchObject({ verdict: 'inconclusive', upToConcurrency: null, reasons: [{ code: 'failed-invocation' }] })
  })

  test('that left no sample count as failed', () => {
    const journal = ladderJournal(isolated)
    const report = analyzeJournal({
      ...journal,
      samples: journal.samples.filter(({ round, invocation }) => round !== 'm2048-n8-r0' || invocation !== 3),
    })
    expect(report.excluded).toEqual([{ code: 'failed-invocation', message: expect.stringContaining('1 of 8'), round: 'm2048-n8-r0' }])
  })
})

describe('samples that cannot all be of this round', () => {
  test('more of them than functions', () => {
    const records = ladderRecords(isolated)
    const more = records.flatMap((record) =>
      record.type === 'sample' && record.invocation === 0 ? [record, { ...record, invocation: 99, instance: 'another' }] : [record],
    )
    const { sharing: findings, excluded } = analyzeJournal(assembleJournal(more))
    expect([findings[0]?.verdict, codes(findings[0] as SharingFinding)]).toEqual(['inconclusive', ['conflict', 'levels', 'rounds']])
    expect(excluded[0]).toMatchObject({ code: 'conflict', message: expect.stringContaining('samples of 2 functions, not of 1') })
  })

  test('a sample without direction in a round of both', () => {
    const both = ladderRecords(isolated).map((record): JournalRecord => {
      if (record.type === 'round') return { ...record, direction: 'both' }
      if (record.type !== 'sample') return record
      const { direction: _, ...sample } = record
      return sample
    })
    const { sharing: findings, excluded } = analyzeJournal(assembleJournal(both))
    expect(findings.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive'])
    expect(new Set(excluded.map(({ code }) => code))).toEqual(new Set(['no-direction']))
  })
})

test('each memory size and direction has a finding of its own', () => {
  const { sharing, memory } = analyzeJournal(ladderJournal({ ...isolated, memoryMb: [512, 2048] }))
  expect(sharing.map(({ memoryMb, verdict }) => [memoryMb, verdict])).toEqual([[512, 'isolated'], [2048, 'isolated']]) // biome-ignore format: a table
  expect(memory.map(({ concurrency, verdict }) => [concurrency, verdict])).toEqual(grid.map((n) => [n, 'inconclusive']))
})

test('what much noise leaves open is said: a degrading network that looks shared is not firmly so', () => {
  const found = Array.from({ length: 80 }, (_, seed) => {
    const noise = seededRandom(9100 + seed)
    let common = 1
    const rate = ({ n, invocation }: { n: number; invocation: number }): number => {
      if (invocation === 0) common = lognormal(noise, 0.35)
      return 70e6 * n ** -1.15 * common * lognormal(noise, 0.2)
    }
    return sharing({ rounds: 5, rate })
  })
  const shared = found.filter(({ verdict }) => verdict === 'shared')
  expect(shared.length).toBeGreaterThan(10)
  // Without that bound 12 are firm.
  expect(shared.filter(({ grade }) => grade === 'firm').length).toBeLessThanOrEqual(5)
  const open = shared.flatMap(({ reasons }) =>
    reasons.filter(({ message }) => /off by a factor of [12]\.\d .*cannot be ruled out/.test(message)),
  )
  expect(open.length).toBeGreaterThan(5)
})

test('the knee of rounds that do not differ has an interval', () => {
  const { knee } = sharing({ rounds: 3, rate: ({ n }) => Math.min(30e6, 180e6 / n) })
  expect(knee?.low).toBeGreaterThan(5.98)
  expect(knee?.low).toBeLessThanOrEqual(6)
  expect(knee?.high).toBeGreaterThanOrEqual(6)
  expect(knee?.high).toBeLessThan(6.02)
})

describe('functions that always differ', () => {
  const noise = seededRandom(77)
  const of = (speed: (invocation: number) => number): SharingFinding =>
    sharing({ rounds: 5, rate: ({ n, invocation }) => (70e6 / n) * speed(invocation) * lognormal(noise, 0.05) })

  test('a curve that tells who took part is not firm', () => {
    const finding = of((invocation) => (invocation === 0 ? 2 : 1))
    expect(finding.verdict).not.toBe('shared')
    expect(finding.grade).not.toBe('firm')
    expect(codes(finding)).toContain('persistent')
  })

  test('one that is the same without their differences stays firm', () => {
    expect(of((invocation) => [1, 0.8, 1.2][invocation % 3] ?? 1)).toMatchObject({ verdict: 'shared', grade: 'firm', reasons: [] })
  })
})
