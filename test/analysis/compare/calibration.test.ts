import { describe, expect, test } from 'vitest'
import { holm } from '../../../src/analysis/compare/holm.ts'
import { compareRates, type RoundRate } from '../../../src/analysis/compare/ratio.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import { lognormal, slowRound } from '../noise.ts'

// Known truth; seeds that nothing was chosen with. Rounds as in notes: lognormal, some of them slowed down by a noisy neighbour.

interface Setting {
  readonly rounds: readonly [number, number]
  readonly cv: readonly [number, number]
  readonly contamination: number
  /** Coefficient of variation between hosts; above 0 both sides have the same hosts, in blocks. */
  readonly hostCv: number
}

const sets = 1500
const settings: readonly Setting[] = [
  ...[3, 5, 10, 30].flatMap((rounds) =>
    [0.2].map((cv): Setting => ({ rounds: [rounds, rounds], cv: [cv, cv], contamination: 0, hostCv: 0 })),
  ),
  { rounds: [5, 5], cv: [0.2, 0.2], contamination: 0.05, hostCv: 0 },
  { rounds: [10, 10], cv: [0.2, 0.2], contamination: 0.05, hostCv: 0 },
  { rounds: [3, 10], cv: [0.2, 0.2], contamination: 0, hostCv: 0 },
  { rounds: [3, 30], cv: [0.2, 0.1], contamination: 0, hostCv: 0 },
  { rounds: [4, 10], cv: [0.2, 0.1], contamination: 0, hostCv: 0 },
  { rounds: [5, 5], cv: [0.1, 0.4], contamination: 0, hostCv: 0 },
  { rounds: [6, 12], cv: [0.4, 0.1], contamination: 0, hostCv: 0 },
  { rounds: [3, 3], cv: [0.2, 0.2], contamination: 0, hostCv: 0.4 },
  { rounds: [6, 6], cv: [0.2, 0.2], contamination: 0.05, hostCv: 0.4 },
]

describe.each(settings)('rounds $rounds, cv $cv, contamination $contamination, hosts cv $hostCv', (setting) => {
  test('the interval covers the true ratio in 93 % or more, and equal rates are rarely told apart', () => {
    const random = seededRandom(424242 + setting.rounds[1])
    const truth = 0.8
    let covered = 0
    let different = 0
    for (let set = 0; set < sets; set++) {
      const hosts = Array.from({ length: Math.max(...setting.rounds) }, () => lognormal(random, setting.hostCv))
      const side = (index: 0 | 1, centre: number): RoundRate[] =>
        Array.from({ length: setting.rounds[index] }, (_, round) => ({
          block: setting.hostCv > 0 ? `${round}` : undefined,
          rate: centre * (hosts[round] ?? 1) * lognormal(random, setting.cv[index]) * slowRound(setting.contamination, random),
        }))
      const { interval, p } = compareRates(side(0, 50e6), side(1, truth * 50e6))
      if (interval.low <= truth && truth <= interval.high) covered++
      if (compareRates(side(0, 50e6), side(1, 50e6)).p <= 0.05) different++
      expect(p).toBeLessThanOrEqual(1)
    }
    expect(covered / sets).toBeGreaterThanOrEqual(0.93)
    expect(different / sets).toBeLessThanOrEqual(0.065)
  })
})

test('blocks take the hosts out: 3 rounds on hosts that differ by 40 % tell a ratio of 0.8 within ± 10 %', () => {
  const random = seededRandom(7)
  const hosts = [0, 1, 2].map(() => lognormal(random, 0.4))
  const side = (centre: number, blocked: boolean): RoundRate[] =>
    hosts.map((host, index) => ({ block: blocked ? `${index}` : undefined, rate: centre * host * lognormal(random, 0.01) }))
  const paired = compareRates(side(1, true), side(0.8, true))
  expect(paired).toMatchObject({ pairing: 'host-and-repetition', effect: -1 })
  expect(paired.interval.high / paired.interval.low).toBeLessThan(1.15)
  const unpaired = compareRates(side(1, false), side(0.8, false))
  expect(unpaired).toMatchObject({ pairing: 'none', effect: expect.any(Number) })
  expect(unpaired.interval.high / unpaired.interval.low).toBeGreaterThan(2)
})

test("Holm's p, as in R: p.adjust(c(0.01, 0.04, 0.03, 0.005), 'holm')", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02])
  expect(holm([])).toEqual([])
  expect(holm([0.9, 0.8])).toEqual([1, 1])
})

test('Holm keeps the chance of any false alarm among 20 equal cells at 5 %', () => {
  const random = seededRandom(99)
  const families = 600
  let alarms = 0
  for (let family = 0; family < families; family++) {
    const side = () => Array.from({ length: 5 }, (): RoundRate => ({ block: undefined, rate: lognormal(random, 0.2) }))
    if (holm(Array.from({ length: 20 }, () => compareRates(side(), side()).p)).some((p) => p <= 0.05)) alarms++
  }
  expect(alarms / families).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / families))
})
