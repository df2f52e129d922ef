import { describe, expect, test } from 'vitest'
import { NetfairError } from '../../src/model/errors.ts'
import type { DealingMode } from '../../src/model/fixed-work.ts'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { experimentRecord } from '../../src/run/experiment-record.ts'
import { longestMeasuredMs, measuredMs, plan } from '../../src/run/plan.ts'
import { undeployable } from './fake-provider.ts'

const valid: ExperimentOptions = {
  provider: undeployable(),
  probe: httpDownload(),
  memoryMb: [128],
  concurrency: [1, 3],
  work: { chunks: 10, chunkBytes: 1_000_000 },
}

function refusal(options: object): NetfairError {
  try {
    defineExperiment({ ...valid, ...options } as ExperimentOptions)
  } catch (error) {
    if (error instanceof NetfairError) return error
    throw error
  }
  throw new Error('it was accepted')
}

const objects = { location: { store: 's3', bucket: 'b' }, transport: 'sdk', chunkBytes: 5, atOnce: 1, hot: false, direction: 'download' }

test('functions pull unless it is said otherwise', () => {
  expect(defineExperiment(valid).work).toEqual({ mode: 'pull', chunks: 10, chunkBytes: 1_000_000 })
})

describe('bad input', () => {
  test.each([
    [{ work: { chunks: 2, chunkBytes: 1 } }, 'INVALID_OPTION', /"concurrency" goes up to 3, but "work.chunks" is 2/, /at least one/],
    [{ work: { chunks: 0, chunkBytes: 1 } }, 'INVALID_OPTION', /"work.chunks" must be >= 1, got 0/, /For example/],
    [{ work: { chunks: 5 } }, 'MISSING_OPTION', /"work.chunkBytes" is missing/, /For example/],
    [{ work: { chunks: 5, chunkBytes: 1, mode: 'push' } }, 'INVALID_OPTION', /must be one of \["pull","one-per-invocation"\]/, /pull/],
    [{ work: { chunks: 5, chunkbytes: 1 } }, 'UNKNOWN_OPTION', /"chunkbytes"/, /chunkBytes/],
    [{ probe: iperf3() }, 'WORK_PROBE', /iperf3 cannot move a fixed work in the direction "download"/, /httpDownload/],
    [{ probe: { ...httpDownload(), objects } }, 'INVALID_OPTION', /"work.chunkBytes" is 1000000, but the objects .* 5 bytes/, /same size/],
    [{ concurrency: undefined, aggressor: { neighbours: [0, 1] } }, 'INVALID_OPTION', /"work" and "aggressor"/, /Remove one/],
    [
      { work: { chunks: 10, chunkBytes: 1, mode: 'one-per-invocation' }, expectations: [{ bandwidth: { atLeastBitsPerSecond: 1 } }] },
      'UNMEASURED_EXPECTATION',
      /no rates are measured/,
      /measures/,
    ],
  ])('%j', (options, code, message, hint) => {
    const error = refusal(options)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })
})

test('the warm-up may be longer than the probe: the work decides how long it measures', () => {
  expect(defineExperiment({ ...valid, probe: httpDownload({ seconds: 0.1 }) }).warmUpMs).toBe(200)
})

const target = { iperf3: 'target.example:5201', http: 'https://target.example' }
function onLambda(mode: DealingMode, concurrency: readonly number[], quote?: ExperimentOptions['quote']): Experiment {
  const { targetPlace: _, ...provider } = undeployable({ name: 'aws', billedAs: { name: 'aws', region: 'us-east-1' } })
  const work = { chunks: 10, chunkBytes: 10_000_000, mode }
  return defineExperiment({ ...valid, provider, target, memoryMb: [1024], concurrency, repetitions: 1, work, ...(quote && { quote }) })
}

test('it stands in the journal, and in the hash of the plan', () => {
  const experiment = onLambda('pull', [4])
  const planned = plan(experiment)
  const record = experimentRecord('id', experiment, planned, { name: 'aws', environment: {} })
  expect(record.plan.work).toEqual({ mode: 'pull', chunks: 10, chunkBytes: 10_000_000 })
  expect(plan(onLambda('one-per-invocation', [4])).hash).not.toBe(planned.hash)
})

test.each([
  // 0.8 s a chunk at 100 Mbit/s: 3 waves. 0.3 s beside measuring, 0.2 s more where an instance is new.
  ['pull', 4 * (0.3 + 3 * 0.8 + 0.2), 4],
  ['one-per-invocation', 10 * (0.3 + 0.8) + 4 * 0.2, 10],
] as const)('%s: the quote is of what is invoked', (mode, seconds, requests) => {
  const { quote } = plan(onLambda(mode, [4]))
  const quantity = (meter: string) => quote?.items.find((item) => item.meter === meter)?.quantity
  expect(quantity('compute GB-s')).toBeCloseTo(seconds, 9)
  expect(quantity('requests')).toBe(requests)
})

test('the quote believes whoever knows the rate', () => {
  const { quote } = plan(onLambda('one-per-invocation', [10], { bitsPerSecond: 40e6, overheadMs: 0 }))
  expect(quote?.items.find(({ meter }) => meter === 'compute GB-s')?.quantity).toBeCloseTo(10 * (2 + 0.2), 9)
})

test('deadlines hold for 20 Mbit/s of all functions together, an invocation of one chunk has the time of n', () => {
  const [pull] = plan(onLambda('pull', [4])).rounds
  const [one] = plan(onLambda('one-per-invocation', [4])).rounds
  if (pull === undefined || one === undefined) throw new Error('no round')
  expect([measuredMs(pull), measuredMs(one)]).toEqual([2400, 2400])
  expect(longestMeasuredMs(pull)).toBe(40_000)
  expect(longestMeasuredMs(one)).toBe(16_000)
})
