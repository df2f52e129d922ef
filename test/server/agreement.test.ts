import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Agreement, agree } from '../../src/server/iperf3/agreement.ts'
import { Refusal } from '../../src/server/iperf3/refusal.ts'
import { admission } from '../../src/server/token.ts'

const limits = { streams: 64, tests: 8, seconds: 100, bytes: 1e9, bitsPerSecond: 1e9, waitMs: 1000, streamWaitMs: 1000 }
const keys = [
  'tcp',
  'udp',
  'omit',
  'time',
  'num',
  'blockcount',
  'parallel',
  'len',
  'reverse',
  'bidirectional',
  'bandwidth',
  'title',
  'window',
]

const value = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 1e9, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, false, null, '', '1'),
  fc.integer({ min: 0, max: 200 }),
  fc.jsonValue(),
)
const parameters = fc.dictionary(fc.constantFrom(...keys, 'netfair_interval_ms', '__proto__', 'other'), value)

test('whatever a client asks for is refused, or within the limits', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        parameters,
        parameters.map((asked) => ({ tcp: true, time: 1, ...asked })),
      ),
      (asked) => {
        let agreed: Agreement
        try {
          agreed = agree(asked, limits, admission(undefined))
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal)
          return
        }
        const streams = agreed.parallel * (agreed.mode === 'both' ? 2 : 1)
        expect(Number.isInteger(streams) && streams >= 1 && streams <= limits.streams).toBe(true)
        expect(agreed.seconds >= 0 && agreed.seconds <= limits.seconds).toBe(true)
        expect(agreed.omitSeconds >= 0 && agreed.omitSeconds <= 600).toBe(true)
        expect(agreed.intervalMs >= 10 && agreed.intervalMs <= 10_000).toBe(true)
        expect((agreed.bitsPerSecond ?? 1) * streams > 0 && (agreed.bitsPerSecond ?? 1) * streams <= 1e9).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})

test('nobody gets past a token without it', () => {
  fc.assert(
    fc.property(fc.anything(), (offered) => {
      fc.pre(offered !== 'secret')
      expect(admission('secret')(offered)).toBe(false)
    }),
  )
  expect(admission('secret')('secret')).toBe(true)
})
