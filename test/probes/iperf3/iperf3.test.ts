import { expect, test } from 'vitest'
import { builtInProbes } from '../../../src/probes/built-in.ts'
import { iperf3 } from '../../../src/probes/iperf3/iperf3.ts'

test('defaults, expected duration and warm-up', () => {
  const probe = iperf3()
  expect(probe).toEqual({
    name: 'iperf3',
    version: builtInProbes.get('iperf3')?.version,
    params: { seconds: 2, parallel: 1, blockBytes: 131_072, engine: 'netfair' },
    expectedMs: 2000,
    withParams: expect.any(Function),
  })
  expect(iperf3({ seconds: 1.5, omitSeconds: 0.5 })).toMatchObject({ expectedMs: 2000, warmUpMs: 500 })
})

test.each([
  [{ seconds: 0 }, /"seconds" must be > 0, got 0/],
  [{ parallel: 1.5 }, /"parallel" must be integer/],
  [{ engine: 'iperf' }, /"engine" must be one of/],
  [{ second: 1 }, /unknown key "second"/],
])('%o is refused', (options, message) => expect(() => iperf3(options as object)).toThrow(message))

test('some parameters can be changed, and are checked', () => {
  expect(iperf3({ seconds: 3 }).withParams({ parallel: 8 })).toMatchObject({ params: { seconds: 3, parallel: 8 }, expectedMs: 3000 })
  expect(() => iperf3().withParams({ parallel: 0 })).toThrow(/"parallel" must be >= 1/)
})
