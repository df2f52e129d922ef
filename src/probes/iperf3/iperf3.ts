import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Probe } from '../../model/probe.ts'
import { type Iperf3Params, iperf3Probe } from './measure.ts'
import { DEFAULT_BLOCK_BYTES } from './request.ts'

/** Options of {@link iperf3}. */
export interface Iperf3Options {
  /** Seconds of the measured part, more than 0, at most 3600. Default 2. */
  readonly seconds?: number
  /** Streams a direction, 1–128. Default 1. */
  readonly parallel?: number
  /** Seconds of warm-up before the measured part, 0–60. Default: none; then the experiment's `warmUpMs` decides alone. */
  readonly omitSeconds?: number
  /** Bytes a block, 1024–1 048 576: what a real iperf3 server writes at once; netfair's own ends write what is fastest. Default 131 072, iperf3's own. */
  readonly blockBytes?: number
  /** Netfair's own client (default), or the program `iperf3` where the host can run it. */
  readonly engine?: 'netfair' | 'binary'
  /** Pace of each stream in bits per second. Default: as fast as it goes. */
  readonly bitsPerSecond?: number
}

const schema: OptionsSchema = {
  type: 'object',
  properties: {
    seconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 3600,
      default: 2,
      description: 'Seconds, more than 0, at most 3600; default 2.',
    },
    parallel: { type: 'integer', minimum: 1, maximum: 128, default: 1, description: 'Streams a direction, 1–128; default 1.' },
    omitSeconds: { type: 'number', minimum: 0, maximum: 60, description: 'Seconds of warm-up before the measured part, 0–60.' },
    blockBytes: {
      type: 'integer',
      minimum: 1024,
      maximum: 1_048_576,
      default: DEFAULT_BLOCK_BYTES,
      description: 'Bytes a block, 1024–1048576; default 131072.',
    },
    engine: { type: 'string', enum: ['netfair', 'binary'], default: 'netfair', description: "'netfair' (default) or 'binary'." },
    bitsPerSecond: { type: 'number', minimum: 1000, description: 'Pace of each stream in bits per second, from 1000; default: none.' },
  },
  additionalProperties: false,
}

/**
 * TCP bandwidth by the iperf3 protocol, against netfair's target or a real iperf3 server.
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function iperf3(options: Iperf3Options = {}): Probe {
  const params = checkOptions<Iperf3Params>('iperf3()', options, schema)
  const { seconds, omitSeconds } = params
  return {
    name: iperf3Probe.name,
    version: iperf3Probe.version,
    params,
    withParams: (changes) => iperf3({ ...options, ...changes }),
    expectedMs: 1000 * (seconds + (omitSeconds ?? 0)),
    ...(omitSeconds !== undefined && { warmUpMs: 1000 * omitSeconds }),
  }
}
