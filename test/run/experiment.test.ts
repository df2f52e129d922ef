import { describe, expect, test } from 'vitest'
import { NetfairError } from '../../src/model/errors.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { someProbe, undeployable } from './fake-provider.ts'

const valid: ExperimentOptions = { provider: undeployable(), probe: someProbe, memoryMb: [128], concurrency: [1, 2] }

function refusal(options: object): NetfairError {
  try {
    defineExperiment({ ...valid, ...options } as ExperimentOptions)
  } catch (error) {
    if (error instanceof NetfairError) return error
    throw error
  }
  throw new Error('it was accepted')
}

test('defaults are filled in', () => {
  expect(defineExperiment(valid)).toMatchObject({ direction: ['download'], factors: {}, repetitions: 6, seed: 1, warmUpMs: 200, restMs: 0 })
})

test('the warm-up of the probe is the default of the experiment', () => {
  expect(defineExperiment({ ...valid, probe: { ...someProbe, warmUpMs: 500 } }).warmUpMs).toBe(500)
  expect(defineExperiment({ ...valid, probe: { ...someProbe, warmUpMs: 500 }, warmUpMs: 100 }).warmUpMs).toBe(100)
})

describe('bad input', () => {
  test.each([
    [{ concurency: [1] }, 'UNKNOWN_OPTION', /unknown key "concurency"/, /Did you mean "concurrency"/],
    [{ memoryMb: undefined }, 'MISSING_OPTION', /"memoryMb" is missing/, /MB/],
    [{ memoryMb: [0] }, 'INVALID_OPTION', /"memoryMb.0" must be > 0, got 0/, /MB/],
    [{ memoryMb: [-128] }, 'INVALID_OPTION', /got -128/, /MB/],
    [{ memoryMb: [] }, 'INVALID_OPTION', /"memoryMb"/, /MB/],
    [{ memoryMb: ['128'] }, 'INVALID_OPTION', /must be number, got "128"/, /MB/],
    [{ concurrency: [0] }, 'INVALID_OPTION', /must be >= 1, got 0/, /functions at once/],
    [{ concurrency: [1.5] }, 'INVALID_OPTION', /must be integer, got 1.5/, /functions at once/],
    [{ concurrency: [2, 2] }, 'INVALID_OPTION', /"concurrency" must NOT have duplicate items/, /each once/],
    [{ repetitions: 0 }, 'INVALID_OPTION', /"repetitions" must be >= 1, got 0/, /defaults to 6/],
    [{ seed: 0.5 }, 'INVALID_OPTION', /"seed" must be integer/, /defaults to 1/],
    [{ direction: ['sideways'] }, 'INVALID_OPTION', /must be one of \["download","upload","both"\], got "sideways"/, /defaults/],
    [{ provider: {} }, 'MISSING_OPTION', /"provider.deploy" is missing/, /local/],
    [{ warmUpMs: 2000 }, 'WINDOW_EMPTY', /"warmUpMs" is 2000, but the probe measures for 2000 ms/, /lower/],
    [{ factors: { paralel: [1, 8] } }, 'UNKNOWN_OPTION', /iperf3\(\): unknown key "paralel"/, /Did you mean "parallel"/],
    [{ factors: { parallel: [1, 0] } }, 'INVALID_OPTION', /"parallel" must be >= 1, got 0/, /1–128/],
    [{ target: { iperf3: 'a:1', http: 'http://a:2' } }, 'TARGET_NOT_WANTED', /starts its own target/, /Remove/],
  ])('%j', (options, code, message, hint) => {
    const error = refusal(options)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  test('a provider without a place for a target needs one', () => {
    const { targetPlace: _none, ...remote } = undeployable()
    expect(refusal({ provider: remote }).code).toBe('TARGET_REQUIRED')
    expect(refusal({ provider: remote, target: { iperf3: 'host', http: 'http://host:1' } }).message).toMatch(/target/)
    const target = { iperf3: 'host:1', http: 'http://host:2' }
    expect(defineExperiment({ ...valid, provider: remote, target }).targets).toEqual([target])
  })
})
