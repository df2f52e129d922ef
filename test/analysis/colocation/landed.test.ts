import { expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import type { ColocationFinding } from '../../../src/model/colocation-finding.ts'
import { renderColocation } from '../../../src/report/colocation.ts'
import { type Ladder, ladderJournal, type Place } from '../ladder.ts'

const found = (ladder: Partial<Ladder>): ColocationFinding => {
  const journal = ladderJournal({ concurrency: [2, 6], rate: () => 1e6, ...ladder })
  const { colocation } = analyzeJournal(journal, { resamples: 20, fairnessResamples: 20 })
  if (colocation === null) throw new Error('no finding')
  return colocation
}

/** New instances in every round; the host is by round. */
const named =
  (hostOf: (at: Place) => string): NonNullable<Ladder['sample']> =>
  (sample, at) => ({
    ...sample,
    instance: `nonce-${at.n}-${at.repetition}-${at.invocation}`,
    host: hostOf(at),
    facts: { 'process/arch': 'x64' },
  })

test('how many of a round landed on one host, over rounds', () => {
  // Of six: four and two in most rounds, all on one host in the last.
  const { landed, betweenRounds } = found({
    rounds: 7,
    sample: named(({ n, invocation, repetition }) => (n === 6 && repetition < 6 && invocation < 2 ? 'host-a' : 'host-b')),
  })
  const [pair, six] = landed
  const same = (median: number) => ({ median, interval: { low: median, high: median, confidence: 0.95, method: 'order-statistic' } })
  expect(pair).toEqual({
    memoryMb: 2048,
    concurrency: 2,
    factors: {},
    rounds: 7,
    unknownShare: 0,
    together: same(2),
    largest: same(2),
    sizes: [{ atLeast: 2, share: same(1) }],
  })
  expect(six).toMatchObject({ concurrency: 6, rounds: 7, unknownShare: 0, largest: { median: 4, interval: { low: 4, high: 6 } } })
  expect(six?.together.median).toBeCloseTo((4 * 4 + 2 * 2) / 6, 12)
  expect(six?.sizes.map(({ atLeast, share }) => [atLeast, share.median])).toEqual([[2, 1], [4, 4 / 6], [6, 0]]) // biome-ignore format: pairs
  expect(betweenRounds).toBeNull()
  const text = renderColocation(found({ rounds: 7, sample: named(() => 'host-a') }))
  expect(text).toMatch(/at 2048 MB, n = 6, 7 rounds: a function was one of 6 on its host, the fullest had 6;/)
})

test('fewer than 6 rounds: no interval', () => {
  const { landed } = found({ rounds: 5, sample: named(() => 'host-a') })
  expect(landed[0]?.together).toEqual({ median: 2, interval: null })
})

test('rounds on the same warm instances: no interval', () => {
  const { landed } = found({
    rounds: 7,
    sample: (sample, at) => named(() => 'host-a')(sample, { ...at, repetition: 0 }),
  })
  expect(landed[0]).toMatchObject({ rounds: 7, together: { median: 2, interval: null } })
})

test('where nobody knows, alone is unknown, and a group is a lower bound', () => {
  const boot = '03e54a80-2b20-4ed5-a02a-354bc8c6e741'
  const finding = found({
    experiment: (record) => ({ ...record, provider: { name: 'kubernetes', region: 'eu-central-1' } }),
    sample: (sample, { n, repetition, invocation }) => ({
      ...sample,
      instance: `nonce-${n}-${repetition}-${invocation}`,
      facts: invocation < 2 ? { 'proc/sys/kernel/random/boot_id': boot } : { 'process/arch': 'x64' },
    }),
  })
  expect(finding.landed.map(({ unknownShare, largest }) => [unknownShare, largest.median])).toEqual([[0, 2], [4 / 6, 2]]) // biome-ignore format: pairs
  expect(renderColocation(finding).replaceAll(/\s+/g, ' ')).toContain(
    'on its host, at least, the fullest had 2; 0.33 of the functions shared a host; unknown for 0.67',
  )
})

test('rounds agree where the same instances show the same again, and not where they do not', () => {
  const boot = (digit: number): string => `03e54a80-2b20-4ed5-a02a-354bc8c6e7${digit}1`
  const cluster: NonNullable<Ladder['experiment']> = (record) => ({ ...record, provider: { name: 'kubernetes', region: 'eu-central-1' } })
  const shown = (machine: (at: Place) => number): ColocationFinding['betweenRounds'] =>
    found({
      concurrency: [6],
      rounds: 4,
      experiment: cluster,
      sample: (sample, at) => ({ ...sample, facts: { 'proc/sys/kernel/random/boot_id': boot(machine(at)) } }),
    }).betweenRounds
  expect(shown(({ invocation }) => invocation % 3)).toEqual({ pairsOfRounds: 3, fowlkesMallows: 1, adjustedRand: 1 })
  const moving = shown(({ invocation, repetition }) => (repetition % 2 === 0 ? invocation % 3 : Math.floor(invocation / 3)))
  expect(moving?.adjustedRand).toBeLessThan(0.5)
})
