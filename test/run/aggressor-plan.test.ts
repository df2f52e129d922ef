import { describe, expect, test } from 'vitest'
import { NetfairError } from '../../src/model/errors.ts'
import { renderPlan } from '../../src/report/plan.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { someProbe, undeployable } from './fake-provider.ts'

const experiment = (options: Partial<ExperimentOptions>) =>
  defineExperiment({ provider: undeployable(), probe: someProbe, memoryMb: [128], ...options })
const aggressor = { neighbours: [0, 1, 3], streams: [1, 8] }

describe('cells of an aggressor experiment', () => {
  test('victims and neighbours make the concurrency; the victims alone are one cell, whatever the streams', () => {
    const { concurrency, aggressor: checked } = experiment({ aggressor })
    expect(concurrency).toEqual([1, 2, 4])
    expect(checked).toEqual({ victims: 1, ...aggressor })
    const { cells } = plan(experiment({ aggressor: { ...aggressor, victims: 2 } }))
    expect(cells.map((cell) => [cell.concurrency, cell.factors, cell.roles?.victims, cell.roles?.neighbour.params['parallel']])).toEqual([
      [2, { neighbours: 0 }, 2, 1],
      [3, { neighbours: 1, streams: 1 }, 2, 1],
      [3, { neighbours: 1, streams: 8 }, 2, 8],
      [5, { neighbours: 3, streams: 1 }, 2, 1],
      [5, { neighbours: 3, streams: 8 }, 2, 8],
    ])
    expect(cells.every(({ probe }) => probe.params['parallel'] === 1)).toBe(true)
  })

  test('other factors cross with them, and every round has a name of its own', () => {
    const { cells, rounds } = plan(experiment({ aggressor, factors: { parallel: [1, 4] }, repetitions: 2 }))
    expect(cells).toHaveLength(10)
    expect(new Set(rounds.map(({ id }) => id)).size).toBe(20)
    expect(cells.filter(({ factors }) => factors['neighbours'] === 0).map(({ probe }) => probe.params['parallel'])).toEqual([1, 4])
  })
})

function refusal(options: object): NetfairError {
  try {
    experiment(options)
  } catch (error) {
    if (error instanceof NetfairError) return error
    throw error
  }
  throw new Error('it was accepted')
}

const withoutStreams = { ...someProbe, withParams: () => someProbe.withParams({ paralel: 1 }) }

test.each([
  [{ aggressor, concurrency: [1, 2] }, 'INVALID_OPTION', /"concurrency" and "aggressor" are both given/, /Remove "concurrency"/],
  [{}, 'MISSING_OPTION', /"concurrency" is missing/, /functions at once/],
  [{ aggressor: { neighbours: [1, 3] } }, 'INVALID_OPTION', /must hold 0, got \[1,3\]/, /Add 0/],
  [{ aggressor: { neighbours: [0] } }, 'INVALID_OPTION', /"aggressor.neighbours" must NOT have fewer than 2/, /at least one more/],
  [{ aggressor: { ...aggressor, stream: [2] } }, 'UNKNOWN_OPTION', /unknown key "stream" in "aggressor"/, /"streams"/],
  [
    { aggressor: { ...aggressor, streams: [1000] } },
    'AGGRESSOR_PROBE',
    /1000 parallel streams: iperf3\(\): "parallel" must be <= 128/,
    /allows/,
  ],
  [{ aggressor, probe: withoutStreams }, 'AGGRESSOR_PROBE', /needs a probe with 1 parallel streams/, /iperf3/],
  [{ aggressor, factors: { streams: [1] } }, 'UNKNOWN_OPTION', /unknown key "streams"/, /./],
  [{ concurrency: [1], stop: {} }, 'MISSING_OPTION', /"stop.relativeHalfWidth" is missing/, /verdictConfidence: 0.9/],
  [{ concurrency: [1], stop: { relativeHalfWidth: 10 } }, 'INVALID_OPTION', /"stop.relativeHalfWidth" must be < 1, got 10/, /0\.1/],
  [
    { concurrency: [1], stop: { relativeHalfWidth: 0.1 }, repetitions: 6 },
    'INVALID_OPTION',
    /"repetitions" is 6, but "stop" decides/,
    /minimum/,
  ],
  [
    { concurrency: [1], stop: { relativeHalfWidth: 0.1, maximum: 5 } },
    'INVALID_OPTION',
    /"stop.maximum" is 5, but no interval .* before 6/,
    /Raise/,
  ],
  [
    { concurrency: [1], stop: { verdictConfidence: 0.9, minimum: 9, maximum: 8 } },
    'INVALID_OPTION',
    /less than "stop.minimum", 9/,
    /Raise/,
  ],
  [{ concurrency: [1], budget: { usd: 0 } }, 'INVALID_OPTION', /"budget.usd" must be > 0, got 0/, /usd: 5/],
  [{ concurrency: [1], quote: { bitsPerSecond: 0 } }, 'INVALID_OPTION', /"quote.bitsPerSecond" must be > 0, got 0/, /500e6/],
  [{ concurrency: [1], budget: { bytes: 0 } }, 'INVALID_OPTION', /"budget.bytes" must be > 0, got 0/, /20e9/],
  [{ concurrency: [1], budget: {} }, 'INVALID_OPTION', /"budget" must NOT have fewer than 1/, /20e9/],
])('%j is refused', (options, code, message, hint) => {
  const error = refusal(options)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

describe('a plan that may end early', () => {
  const stopping = (options: Partial<ExperimentOptions> = {}) =>
    plan(experiment({ concurrency: [1, 2], stop: { relativeHalfWidth: 0.1 }, ...options }))

  test('defaults', () => {
    expect(stopping().stop).toEqual({ relativeHalfWidth: 0.1, minimum: 6, maximum: 60, consecutive: 2 })
    expect(stopping({ stop: { verdictConfidence: 0.9 } }).stop).toEqual({ verdictConfidence: 0.9, minimum: 5, maximum: 60, consecutive: 2 })
    expect(stopping({ stop: { verdictConfidence: 0.9, maximum: 4 } }).stop).toMatchObject({ minimum: 4, maximum: 4 })
  })

  test('it says "at most", and shows what is sure', () => {
    expect(stopping().rounds).toHaveLength(120)
    const text = renderPlan(stopping({ budget: { bytes: 5e9 } }))
    expect(text).toMatch(
      /further repetitions, 60 in all at most[\s\S]*2 cells, at most 120 rounds, at most about \d+ s.* At most 5000000000 bytes/,
    )
    expect(text).toContain(' 12 ')
    expect(text).not.toContain(' 13 ')
  })

  test('the budget is no part of the plan: it can be raised and the run resumed', () => {
    expect(stopping({ budget: { bytes: 1e9 } }).hash).toBe(stopping().hash)
    expect(stopping({ stop: { relativeHalfWidth: 0.2 } }).hash).not.toBe(stopping().hash)
    expect(plan(experiment({ aggressor })).hash).not.toBe(plan(experiment({ concurrency: [1, 2, 4] })).hash)
  })
})
