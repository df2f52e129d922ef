import { describe, expect, test } from 'vitest'
import { NetfairError } from '../../src/model/errors.ts'
import { checkedExpectations, type Expectation } from '../../src/run/expectations.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { plan } from '../../src/run/plan.ts'
import { someProbe, undeployable } from './fake-provider.ts'

const valid: ExperimentOptions = { provider: undeployable(), probe: someProbe, memoryMb: [128, 512], concurrency: [1, 2, 4], factors: { parallel: [1, 8] } } // biome-ignore format: one idea
const expectations: readonly Expectation[] = [
  { sharing: 'isolated', upTo: 4, memoryMb: 512, factors: { parallel: 8 } },
  { fairness: 'fair', minimumJain: 0.9, concurrency: [2, 4] },
  { bandwidth: { atLeastBitsPerSecond: 20e6 }, direction: 'download', allowInconclusive: true },
]

const nowhere = { name: 'undeployable', environment: {} }

test('they are in the journal as they were given, and read back', () => {
  const experiment = defineExperiment({ ...valid, expectations })
  const record = experimentRecord('id', experiment, plan(experiment), nowhere)
  expect(record.plan.expectations).toEqual(expectations)
  expect(checkedExpectations('journal', record.plan.expectations ?? [])).toEqual(expectations)
  expect(experimentRecord('id', defineExperiment(valid), plan(defineExperiment(valid)), nowhere).plan).not.toHaveProperty('expectations')
})

test('they do not change the plan: a run is resumed with others', () => {
  const [without, some, none] = [{}, { expectations }, { expectations: [] }].map((more) => plan(defineExperiment({ ...valid, ...more })))
  expect(some?.hash).toBe(without?.hash)
  expect(some?.rounds.map(({ id }) => id)).toEqual(without?.rounds.map(({ id }) => id))
  expect(none?.hash).toBe(without?.hash)
})

describe('bad ones are refused before anything is measured', () => {
  const refusal = (expectation: unknown): NetfairError => {
    try {
      defineExperiment({ ...valid, expectations: [{ fairness: 'fair' }, expectation] } as ExperimentOptions)
    } catch (error) {
      if (error instanceof NetfairError) return error
      throw error
    }
    throw new Error('it was accepted')
  }

  test.each([
    [{ sharing: 'isolated', upto: 4 }, 'UNKNOWN_OPTION', /experiment, expectation 2: unknown key "upto"/, /Did you mean "upTo"/],
    [{ sharing: 'isolatd' }, 'INVALID_OPTION', /must be one of \["isolated"\], got "isolatd"/, /isolated/],
    [{ sharing: 'isolated', concurrency: 4 }, 'UNKNOWN_OPTION', /unknown key "concurrency"/, /Known keys: .*upTo/],
    [{ fairness: 'fair', minimumJain: 90 }, 'INVALID_OPTION', /"minimumJain" must be <= 1, got 90/, /0–1/],
    [{ bandwidth: 20e6 }, 'INVALID_OPTION', /"bandwidth" must be object, got 20000000/, /atLeastBitsPerSecond/],
    [{ bandwidth: {} }, 'MISSING_OPTION', /"bandwidth.atLeastBitsPerSecond" is missing/, /20e6/],
    [{ bandwith: {} }, 'INVALID_OPTION', /must have one of "sharing", "fairness" and "bandwidth", got {"bandwith":{}}/, /For example/],
    [{ sharing: 'isolated', fairness: 'fair' }, 'INVALID_OPTION', /must have one of/, /For example/],
    ['isolated', 'INVALID_OPTION', /got "isolated"/, /For example/],
    [{ sharing: 'isolated', upTo: 16 }, 'UNMEASURED_EXPECTATION', /"upTo" is 16, measured are up to 4 functions/, /measure/],
    [{ fairness: 'fair', memoryMb: 2048 }, 'UNMEASURED_EXPECTATION', /about 2048 MB, measured is 128, 512/, /measure/],
    [{ fairness: 'fair', concurrency: 8 }, 'UNMEASURED_EXPECTATION', /about 8 functions at once, measured are 1, 2, 4/, /measure/],
    [{ fairness: 'fair', concurrency: 1 }, 'UNMEASURED_EXPECTATION', /one function alone shares nothing/, /measure/],
    [{ fairness: 'fair', direction: 'upload' }, 'UNMEASURED_EXPECTATION', /about upload, measured is download/, /measure/],
    [{ fairness: 'fair', factors: { parallel: 4 } }, 'UNMEASURED_EXPECTATION', /"parallel" is not measured at 4/, /measure/],
    [{ fairness: 'fair', factors: { path: 'vpc' } }, 'UNMEASURED_EXPECTATION', /"path" is not measured at "vpc"/, /measure/],
  ])('%j', (expectation, code, message, hint) => {
    const error = refusal(expectation)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })
})
