import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import type { MemoryFinding } from '../../src/model/report.ts'
import { type Ladder, ladderJournal } from './ladder.ts'
import { lognormal } from './noise.ts'

const sizes = [128, 256, 512, 1024, 2048, 3008]
const random = seededRandom(8)

/** @param rate - bits per second by memory */
function memory(rate: (memoryMb: number) => number, cv: number, more: Partial<Ladder> = {}): MemoryFinding {
  const journal = ladderJournal({
    concurrency: [2],
    memoryMb: sizes,
    rate: ({ memoryMb }) => rate(memoryMb) * lognormal(random, cv),
    ...more,
  })
  return analyzeJournal(journal, { resamples: 300 }).memory[0] as MemoryFinding
}

const codes = ({ reasons }: MemoryFinding): string[] => [...new Set(reasons.map(({ code }) => code))].sort()

test('flat, proportional, saturating, sublinear', () => {
  expect(memory(() => 70e6, 0.02)).toMatchObject({ verdict: 'flat', grade: 'firm', saturationMemoryMb: null, reasons: [] })
  expect(memory((mb) => 0.05e6 * mb, 0.05)).toMatchObject({ verdict: 'proportional', grade: 'firm' })
  const saturating = memory((mb) => Math.min(60e6, (60e6 * mb) / 700), 0.05)
  expect(saturating.verdict).toBe('saturating')
  expect((saturating.saturationMemoryMb ?? 0) / 700).toBeCloseTo(1, 1)
  expect(memory((mb) => 9.5e6 * (mb / 128) ** 0.5, 0.05).verdict).toBe('sublinear')
})

test('a rate that falls with memory, or grows faster than it, fits no model', () => {
  for (const exponent of [-0.5, 1.6])
    expect(memory((mb) => 1e6 * mb ** exponent, 0.02)).toMatchObject({ verdict: 'inconclusive', reasons: [{ code: 'no-fit' }] })
})

test('CPU-bound sizes take part, and are named; those of a saturated target do not', () => {
  const bound: Partial<Ladder> = { sample: (sample, { memoryMb }) => ({ ...sample, throttled: memoryMb < 1000 ? 0.9 : 0 }) }
  const finding = memory((mb) => Math.min(60e6, (60e6 * mb) / 700), 0.02, bound)
  expect(finding.verdict).toBe('saturating')
  expect(finding.reasons).toEqual([{ code: 'cpu-bound', message: expect.stringContaining('128 MB, 256 MB, 512 MB') }])
  const target = memory(() => 70e6, 0.02, { round: (round) => ({ ...round, targets: [{ nicUse: 0.95 }] }) })
  expect([target.verdict, codes(target)]).toEqual(['inconclusive', ['levels', 'target-saturated']])
})

test('without CPU quotas there is no effect of memory to speak of', () => {
  for (const tier of ['rootless', 'plain'] as const) {
    const finding = memory(() => 70e6, 0.02, { experiment: (record) => ({ ...record, provider: { name: 'local', tier } }) })
    expect([finding.verdict, finding.confidence, codes(finding)]).toEqual(['inconclusive', null, ['tier']])
  }
})

test('hosts that saw other sizes than the others leave no verdict', () => {
  const finding = memory((mb) => (mb < 1024 ? 30e6 : 60e6), 0.02, {
    round: (round) => ({ ...round, host: (round.memoryMb ?? 0) < 1024 ? 'slow' : 'fast' }),
  })
  expect([finding.verdict, finding.confidence, codes(finding)]).toEqual(['inconclusive', null, ['unblocked']])
})

test('where memory is not known there is no finding', () => {
  const unknown = ladderJournal({ rate: () => 1e6, concurrency: [2], round: ({ memoryMb: _, ...round }) => round })
  expect(analyzeJournal(unknown).memory).toEqual([])
})

describe('"flat" is a claim of equivalence', () => {
  const trials = 60
  const findings = (exponent: number, cv: number): readonly MemoryFinding[] =>
    Array.from({ length: trials }, () => memory((mb) => 70e6 * (mb / 128) ** exponent, cv, { concurrency: [1] }))
  const share = (found: readonly MemoryFinding[], grades: readonly unknown[]): number =>
    found.filter(({ verdict, grade }) => verdict === 'flat' && grades.includes(grade)).length / trials
  const raisedBy = (factor: number): number => Math.log(factor) / Math.log(3008 / 128)

  test('which is not surely made of an effect of 10 % or more', () => {
    expect(share(findings(raisedBy(1.1), 0.05), ['firm'])).toBeLessThanOrEqual(0.15)
    expect(share(findings(raisedBy(1.15), 0.05), ['firm'])).toBeLessThanOrEqual(0.05)
  })

  test('nor at all of an effect of 60 %, or of rounds that could hide one', () => {
    expect(share(findings(raisedBy(1.6), 0.2), ['firm', 'likely'])).toBeLessThanOrEqual(0.15)
    expect(share(findings(0, 0.6), ['firm', 'likely'])).toBeLessThanOrEqual(0.3)
  })

  test('but of rounds that are good enough, and else with its bound', () => {
    expect(share(findings(0, 0.03), ['firm'])).toBeGreaterThanOrEqual(0.95)
    const noisy = findings(0, 0.15).filter(({ grade }) => grade === 'likely')
    expect(noisy.length).toBeGreaterThanOrEqual(0.8 * trials)
    for (const { verdict, reasons } of noisy) {
      expect(verdict).toBe('flat')
      expect(reasons).toEqual([{ code: 'no-fit', message: expect.stringMatching(/one of up to \d+ % cannot be ruled out/) }])
    }
  })
})
