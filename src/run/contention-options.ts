import { InputError } from '../model/errors.ts'
import type { Probe } from '../model/probe.ts'
import { contention } from '../probes/contention/contention.ts'
import { CONTENTION, type ContentionParams, WINDOWS } from '../probes/contention/measure.ts'
import type { PlannedRound } from './plan.ts'

/** Which functions share a host, tested by their own traffic. It disturbs neighbours who are not yours: see the provider's policy first. */
export interface ColocationOptions {
  /** One function loads the network while all others measure: who loses shares something with it. The only way to verify so far. */
  readonly verify: 'contention'
  /** What is loaded. The only channel so far: `network`; its groups prove no contention by themselves. */
  readonly channel?: 'network'
  /** Rounds of tests at most, 2–10,000. Default 60. */
  readonly maximumTests?: number
  /** Payload bytes of all tests at most; a test that could go beyond them is not run. Default 4e9. */
  readonly maximumBytes?: number
  /** Length of a burst of load, in milliseconds, 600–2000; a test takes three times as long. Default 1200. */
  readonly burstMs?: number
  /**
   * Rate at which each function listens, in bits per second, ≥ 1e5. More than its share of the host's network beside the load, and so little that all
   * get it without load. Default 4e6.
   */
  readonly listenBitsPerSecond?: number
  /** Largest rate of a burst, in bits per second, ≥ 1e6; it must fill what is shared. Default 1e9. */
  readonly sendBitsPerSecond?: number
}

/** Checked, with its defaults. */
export type Verification = Required<ColocationOptions>

export const colocationSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  required: ['verify'],
  properties: {
    verify: { enum: ['contention'] },
    channel: { enum: ['network'] },
    maximumTests: { type: 'integer', minimum: 2, maximum: 10_000 },
    maximumBytes: { type: 'number', exclusiveMinimum: 0 },
    burstMs: { type: 'number', minimum: 600, maximum: 2000 },
    listenBitsPerSecond: { type: 'number', minimum: 1e5 },
    sendBitsPerSecond: { type: 'number', minimum: 1e6 },
  },
  additionalProperties: false,
  description: "For example {verify: 'contention', maximumTests: 60, maximumBytes: 4e9, burstMs: 1200}; burstMs is 600 to 2000.",
}

/** Streams of a burst: where flows share alike, the load gets so many shares. */
const STREAMS = 128

/**
 * @throws InputError `INVALID_OPTION`: fewer than two functions, a factor of the tests' own name, or too few bytes for silence and a single test
 */
export function checkedColocation(options: ColocationOptions, functions: number, factors: object): Verification {
  const verification: Verification = {
    channel: 'network',
    maximumTests: 60,
    maximumBytes: 4e9,
    burstMs: 1200,
    listenBitsPerSecond: 4e6,
    sendBitsPerSecond: 1e9,
    ...options,
  }
  if (functions < 2)
    throw new InputError('INVALID_OPTION', `experiment: "colocation" needs 2 functions at once at least, got ${functions}.`, {
      hint: 'Raise "concurrency", or leave "colocation" out.',
    })
  if ('contention' in factors)
    throw new InputError('INVALID_OPTION', 'experiment: the factor "contention" is the name by which tests of "colocation" are marked.', {
      hint: 'Rename the factor.',
    })
  const least = testBytes(verification, functions, 0) + testBytes(verification, functions, 1)
  if (least > verification.maximumBytes)
    throw new InputError(
      'INVALID_OPTION',
      `experiment: "colocation.maximumBytes" is ${verification.maximumBytes}, and a single test of ${functions} functions, with the round before it in which nobody sends, may move ${least}.`,
      { hint: 'Raise it, or lower "sendBitsPerSecond", "listenBitsPerSecond" or "burstMs".' },
    )
  return verification
}

type Traffic = Pick<Verification, 'burstMs' | 'listenBitsPerSecond' | 'sendBitsPerSecond'>

/** What a test moves at most. */
export function testBytes({ burstMs, listenBitsPerSecond, sendBitsPerSecond }: Traffic, functions: number, senders: number): number {
  return Math.ceil(((functions * WINDOWS * listenBitsPerSecond + senders * sendBitsPerSecond) * burstMs) / 8000)
}

/** What a planned round of tests moves at most; undefined for any other round. */
export function testBytesOf({ probe, concurrency }: Pick<PlannedRound, 'probe' | 'concurrency'>): number | undefined {
  if (probe.name !== CONTENTION.name) return undefined
  const { windowMs: burstMs, listenBitsPerSecond, sendBitsPerSecond, senders } = probe.params as ContentionParams
  return testBytes({ burstMs, listenBitsPerSecond, sendBitsPerSecond }, concurrency, senders.length)
}

/** What every function of a test runs. @param senders - nonces */
export function testProbe({ burstMs, listenBitsPerSecond, sendBitsPerSecond }: Verification, senders: readonly string[]): Probe {
  return contention({ senders, windowMs: burstMs, listenBitsPerSecond, sendBitsPerSecond, streams: STREAMS })
}
