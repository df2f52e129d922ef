import 'netfair/vitest'
import { analyze, defineExperiment, iperf3, type Report, run } from 'netfair'
import { local } from 'netfair/local'
import { beforeAll, describe, expect, test } from 'vitest'

const provider = local({ uplinkBitsPerSecond: 200e6, sharing: 'capped', capBitsPerSecond: 20e6 })

describe.skipIf(!provider.supports('network-isolation'))('downloads of up to 8 functions', () => {
  let report: Report
  beforeAll(async () => {
    const experiment = defineExperiment({
      provider,
      probe: iperf3({ seconds: 1 }),
      memoryMb: [2048],
      concurrency: [1, 2, 4, 8],
      repetitions: 3,
    })
    report = await analyze(await run(experiment))
  }, 300_000)

  test('do not disturb each other', () => expect(report).toBeIsolated({ upTo: 8 }))
  test('get equal shares', () => expect(report).toBeFair({ minimumJain: 0.9 }))
  test('get 10 Mbit/s each', () => expect(report).toHaveBandwidth({ atLeastBitsPerSecond: 10e6 }))
})
