import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { journalCells, usedRounds } from '../../src/analysis/cell.ts'
import { medianInterval } from '../../src/analysis/median-interval.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { defaultThresholds } from '../../src/analysis/thresholds.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { nextRounds } from '../../src/run/next-rounds.ts'
import { cellId, type PlannedRound } from '../../src/run/plan.ts'
import { lognormal } from '../analysis/noise.ts'
import { someProbe, undeployable } from './fake-provider.ts'
import { journalOf, type Rate, simulate } from './simulated-run.ts'

const experiment = (options: Partial<ExperimentOptions>) =>
  defineExperiment({ provider: undeployable(), probe: someProbe, memoryMb: [128], concurrency: [1, 2], ...options })

/** The same round has the same rate, whenever it runs. */
const noisy =
  (cv: (round: PlannedRound) => number, seed = 1, centre: (n: number) => number = () => 50e6): Rate =>
  (round) => {
    const name = [...`${seed} ${round.id}`].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0, 7)
    return centre(round.concurrency) * lognormal(seededRandom(name), cv(round))
  }
const roundsOf = (rounds: readonly PlannedRound[], concurrency: number) =>
  rounds.filter((round) => round.concurrency === concurrency).length

test('without a stopping rule: all that is left, at once', () => {
  const plain = experiment({ repetitions: 3 })
  const { planned, blocks, stoppedBy } = simulate(plain, () => 1e6)
  expect(blocks).toEqual([planned.rounds])
  expect(stoppedBy).toBeUndefined()
  const some = planned.rounds.filter((_, index) => index % 2 === 0)
  expect(
    nextRounds(
      planned,
      journalOf(plain, some, () => 1e6),
    ).rounds,
  ).toEqual(planned.rounds.filter((_, index) => index % 2 === 1))
})

describe('until intervals are narrow', () => {
  const narrow = experiment({ stop: { relativeHalfWidth: 0.1 } })

  test('a noisy cell runs on, a quiet one does not; blocks keep the order of the plan', () => {
    const rate = noisy(({ concurrency }) => (concurrency === 1 ? 0.15 : 0.01))
    const { planned, rounds, blocks, stoppedBy } = simulate(narrow, rate)
    expect(stoppedBy).toBe('criterion')
    expect(roundsOf(rounds, 2)).toBe(7)
    expect(roundsOf(rounds, 1)).toBeGreaterThan(9)
    expect(blocks[0]).toEqual(planned.rounds.slice(0, 12))
    const ran = new Set(rounds)
    expect(rounds.map(({ id }) => id)).toEqual(
      planned.rounds.filter((round) => [...ran].some(({ id }) => id === round.id)).map(({ id }) => id),
    )
    for (const cell of journalCells(journalOf(narrow, rounds, rate), defaultThresholds)) {
      const interval = medianInterval(usedRounds(cell).map(({ division }) => division.aggregate))
      expect(((interval?.high ?? 9) - (interval?.low ?? 0)) / ((interval?.high ?? 0) + (interval?.low ?? 0))).toBeLessThan(0.12)
    }
  })

  test('an interrupted run goes on as it would have', () => {
    const rate = noisy(() => 0.15)
    const whole = simulate(narrow, rate).rounds.map(({ id }) => id)
    const { rounds } = simulate(narrow, rate)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length }), (cut) => {
        expect(simulate(narrow, rate, rounds.slice(0, cut)).rounds.map(({ id }) => id)).toEqual(whole)
      }),
      { numRuns: 15 },
    )
  })

  test('at most so many repetitions', () => {
    const { rounds, stoppedBy } = simulate(
      experiment({ stop: { relativeHalfWidth: 0.01, maximum: 8 } }),
      noisy(() => 0.3),
    )
    expect(stoppedBy).toBe('maximum')
    expect(rounds).toHaveLength(16)
  })

  test('intervals at the stop still cover', () => {
    const one = experiment({ concurrency: [1], stop: { relativeHalfWidth: 0.1 } })
    let covered = 0
    const runs = 150
    for (let seed = 1; seed <= runs; seed++) {
      const rate = noisy(() => 0.1, seed)
      const [cell] = journalCells(journalOf(one, simulate(one, rate).rounds, rate), defaultThresholds)
      const interval = medianInterval(cell === undefined ? [] : usedRounds(cell).map(({ division }) => division.aggregate))
      if (interval !== null && interval.low <= 50e6 && 50e6 <= interval.high) covered++
    }
    // Three standard errors below 95 %.
    expect(covered / runs).toBeGreaterThanOrEqual(0.95 - 3 * Math.sqrt((0.95 * 0.05) / runs))
  })
})

describe('until verdicts are sure', () => {
  const sure = (options: Partial<ExperimentOptions> = {}) =>
    experiment({ concurrency: [1, 2, 4, 8], stop: { verdictConfidence: 0.9, maximum: 20 }, ...options })

  test('a clear curve needs the minimum; all its cells go on together', () => {
    const { rounds, stoppedBy } = simulate(
      sure(),
      noisy(
        () => 0.03,
        1,
        (n) => 70e6 / n,
      ),
    )
    expect(stoppedBy).toBe('criterion')
    for (const n of [1, 2, 4, 8]) expect(roundsOf(rounds, n)).toBe(5)
  })

  test('a ladder in doubt goes on, a clear one does not', () => {
    const rate = noisy(
      ({ memoryMb }) => (memoryMb === 128 ? 0.9 : 0.03),
      4,
      (n) => 70e6 / n,
    )
    const { rounds } = simulate(sure({ memoryMb: [128, 2048] }), rate)
    const of = (memoryMb: number) => rounds.filter((round) => round.memoryMb === memoryMb).length
    expect(of(128)).toBeGreaterThan(of(2048))
    expect(of(2048)).toBe(20)
  })

  test('victims and neighbours: until their verdict is sure', () => {
    const beside = (streams: readonly number[]) => {
      const place = { provider: undeployable(), probe: someProbe, memoryMb: [128] }
      return defineExperiment({ ...place, aggressor: { neighbours: [0, 1, 3], streams }, stop: { verdictConfidence: 0.9, maximum: 8 } })
    }
    const perFunction = noisy(
      () => 0.03,
      1,
      (n) => 70e6 / n,
    )
    expect(simulate(beside([1, 8]), perFunction)).toMatchObject({ stoppedBy: 'criterion', rounds: { length: 25 } })
    expect(simulate(beside([1]), perFunction)).toMatchObject({ stoppedBy: 'maximum', rounds: { length: 24 } })
  })

  test('what no number of rounds can decide is not waited for', () => {
    const { rounds, stoppedBy } = simulate(
      sure({ concurrency: [1] }),
      noisy(() => 0.03),
    )
    expect({ stoppedBy, rounds: rounds.length }).toEqual({ stoppedBy: 'criterion', rounds: 5 })
  })
})

test('a cell is named by each of its rounds', () => {
  const { planned } = simulate(experiment({ repetitions: 2, factors: { parallel: [1, 8] } }), () => 1e6)
  for (const round of planned.rounds) expect(planned.cells.map((cell) => cellId(cell))).toContain(cellId(round))
})
