import type { ExperimentRecord, RoundDirection } from '../model/journal-record.ts'
import type { OptionsSchema } from '../model/options.ts'
import type { MemoryTruth, SharingTruth } from './truth.ts'

/** What is true of a synthetic experiment, and how it was measured. Every option has a default. */
export interface SyntheticOptions {
  /** How functions share the network. Default `'isolated'`. */
  readonly truth?: SharingTruth
  /** How memory sets the rate. Default `'flat'`. */
  readonly memoryTruth?: MemoryTruth
  /** Of one function alone at the largest memory, in bits per second, > 0. Default 50e6. */
  readonly bitsPerSecond?: number
  /** Functions up to which each has its full rate, > 0: for `capped` and `capped-degrading`. Default 4. */
  readonly knee?: number
  /** β of n^-β, > 0: for `partial` (default 0.5), `degrading` (1.3) and `capped-degrading` (1.5). */
  readonly exponent?: number
  /** Memory from which on the rate grows no more, in MB, > 0: for `saturating`. Default 1024. */
  readonly saturationMemoryMb?: number
  /** Exponent of memory, > 0: for `sublinear`. Default 0.5. */
  readonly memoryExponent?: number
  /** Default `[1, 2, 4, 8, 16, 26]`. */
  readonly concurrency?: readonly number[]
  /** In MB. Default `[2048]`. */
  readonly memoryMb?: readonly number[]
  /** Default `'download'`. */
  readonly direction?: RoundDirection
  /** Rounds a cell, an integer ≥ 1. Default 6. */
  readonly rounds?: number
  /** The same options with the same seed give the same journal. Default 1. */
  readonly seed?: number
  /** Coefficient of variation between rounds, 0–5, lognormal. Default 0.1. */
  readonly cv?: number
  /** Coefficient of variation of each function in each round, 0–5, lognormal, on top of the round's. Default 0.03. */
  readonly cvWithin?: number
  /** Coefficient of variation with which each round deals its total out anew, 0–5: unequal shares, unchanged aggregate. Default 0. */
  readonly unequal?: number
  /** Lasting shares, repeated over the functions of a round: `[3, 1]` gives every second one a third of the others. Default equal ones. */
  readonly shares?: readonly number[]
  /** Probability that a whole round runs at 0.3 to 0.7 of its rate: a noisy neighbour, 0–1. Default 0. */
  readonly contamination?: number
  /** Hosts; repetition r runs on host r modulo this. Default 1. */
  readonly hosts?: number
  /** Coefficient of variation between hosts, 0–5. Default 0. */
  readonly hostCv?: number
  /** One function that gets only a share (0–1, default 0.1) of its rate in every round that has it. Default none. */
  readonly starved?: { readonly invocation: number; readonly share?: number }
  /** Share of invocations that fail (0–1), at these concurrencies only. Default none. */
  readonly failures?: { readonly share: number; readonly concurrency?: readonly number[] }
  /** Whether samples carry an interval series. Default true. */
  readonly intervals?: boolean
  /** Length of an interval in milliseconds, ≥ 1. Default 100. */
  readonly intervalMs?: number
  /** How long each function transfers, in seconds, 0.01–3600. Default 2. */
  readonly seconds?: number
  /** Dropped at the start of every window, in milliseconds, ≥ 0. Default 200. */
  readonly warmUpMs?: number
  /** A token bucket a function: it runs at the burst rate until the bucket is empty. Default none. */
  readonly burst?: { readonly bitsPerSecond: number; readonly bucketBytes: number }
  /** Starts are uniform over this many milliseconds, ≥ 0. Default 0. */
  readonly startJitterMs?: number
  /** In milliseconds, ≥ 0. Default 0.1. */
  readonly clockUncertaintyMs?: number
  /** Share of scheduler periods in which the CPU quota ran out, 0–1; from 0.5 on the cells are CPU-bound. Default 0. */
  readonly throttled?: number
  /** Load of the target, 0–1; from 0.9 on it is saturated. Default 0.3. */
  readonly targetBusy?: number
  /** Who ran it. Default `{name: 'local', tier: 'privileged'}`. */
  readonly provider?: ExperimentRecord['provider']
  /** Billed time of each function in milliseconds, ≥ 0. Default: none, as where nothing is billed. */
  readonly billedMs?: number
  /** Price book that the experiment names: `{version: '2026-11', date: '2026-11-22'}`. Default none: then no cost is told. */
  readonly priceBook?: NonNullable<ExperimentRecord['priceBook']>
  /** What it was to cost. Default none. */
  readonly quote?: NonNullable<ExperimentRecord['quote']>
  /** Id of the experiment. Default `synthetic-` and the seed. */
  readonly id?: string
}

/** The options with their defaults. */
export type Synthetic = Required<Omit<SyntheticOptions, Optional>> & Pick<SyntheticOptions, Optional>

type Optional = 'exponent' | 'starved' | 'failures' | 'burst' | 'shares' | 'billedMs' | 'priceBook' | 'quote' | 'id'

const positive = (usual: number | undefined, description: string) =>
  withDefault({ type: 'number', exclusiveMinimum: 0, description }, usual)
const atLeast0 = (usual: number, description: string) => withDefault({ type: 'number', minimum: 0, description }, usual)
const variation = (usual: number, description: string) => withDefault({ type: 'number', minimum: 0, maximum: 5, description }, usual)
const share = (usual: number | undefined, description: string) =>
  withDefault({ type: 'number', minimum: 0, maximum: 1, description }, usual)
const withDefault = (schema: Readonly<Record<string, unknown>>, usual: unknown): Readonly<Record<string, unknown>> =>
  usual === undefined ? schema : { ...schema, default: usual }
const levels = (items: object, usual: readonly number[], description: string) => ({
  type: 'array',
  items,
  minItems: 1,
  uniqueItems: true,
  default: usual,
  description,
})
const group = (required: readonly string[], properties: object, description: string) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
  description,
})
const count = { type: 'integer', minimum: 1 }
const text = { type: 'string', minLength: 1 }

export const syntheticSchema: OptionsSchema = {
  type: 'object',
  properties: {
    truth: {
      enum: ['isolated', 'shared', 'capped', 'partial', 'degrading', 'capped-degrading'],
      default: 'isolated',
      description: 'How functions share the network. Default "isolated".',
    },
    memoryTruth: {
      enum: ['flat', 'proportional', 'saturating', 'sublinear'],
      default: 'flat',
      description: 'How memory sets the rate. Default "flat".',
    },
    bitsPerSecond: positive(50e6, 'Bits per second of one function alone. Default 50e6.'),
    knee: positive(4, 'Functions up to which each has its full rate. Default 4.'),
    exponent: positive(undefined, 'β of n^-β.'),
    saturationMemoryMb: positive(1024, 'MB. Default 1024.'),
    memoryExponent: positive(0.5, 'Exponent of memory. Default 0.5.'),
    concurrency: levels(count, [1, 2, 4, 8, 16, 26], 'Numbers of functions at once, each once.'),
    memoryMb: levels({ type: 'number', exclusiveMinimum: 0 }, [2048], 'Memory sizes in MB, each once.'),
    direction: { enum: ['download', 'upload', 'both'], default: 'download', description: 'Seen from the function.' },
    rounds: { ...count, maximum: 10_000, default: 6, description: 'Rounds a cell. Default 6.' },
    seed: { type: 'integer', default: 1, description: 'An integer. Default 1.' },
    cv: variation(0.1, 'Coefficient of variation between rounds. Default 0.1.'),
    cvWithin: variation(0.03, 'Coefficient of variation between the functions of a round. Default 0.03.'),
    unequal: variation(0, 'Coefficient of variation of the shares of a round. Default 0.'),
    shares: { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, minItems: 1, description: 'Lasting shares: [3, 1].' },
    contamination: share(0, 'Probability of a slow round, 0–1. Default 0.'),
    hosts: { ...count, default: 1, description: 'Number of hosts. Default 1.' },
    hostCv: variation(0, 'Coefficient of variation between hosts. Default 0.'),
    starved: group(
      ['invocation'],
      { invocation: { type: 'integer', minimum: 0 }, share: share(0.1, '') },
      'The starved function: {invocation: 3, share: 0.1}.',
    ),
    failures: group(
      ['share'],
      { share: share(undefined, ''), concurrency: { type: 'array', items: count } },
      'Share of invocations that fail: {share: 0.1, concurrency: [26]}.',
    ),
    intervals: { type: 'boolean', default: true, description: 'Whether samples carry an interval series. Default true.' },
    intervalMs: { type: 'number', minimum: 1, default: 100, description: 'Milliseconds, at least 1. Default 100.' },
    seconds: { type: 'number', minimum: 0.01, maximum: 3600, default: 2, description: 'Seconds of each transfer, 0.01–3600. Default 2.' },
    warmUpMs: atLeast0(200, 'Milliseconds dropped at the start of every window. Default 200.'),
    burst: group(
      ['bitsPerSecond', 'bucketBytes'],
      { bitsPerSecond: positive(undefined, ''), bucketBytes: positive(undefined, '') },
      'Token bucket: {bitsPerSecond: 200e6, bucketBytes: 10e6}.',
    ),
    startJitterMs: atLeast0(0, 'Milliseconds. Default 0.'),
    clockUncertaintyMs: atLeast0(0.1, 'Milliseconds. Default 0.1.'),
    throttled: share(0, '0–1. Default 0.'),
    targetBusy: share(0.3, '0–1. Default 0.3.'),
    provider: {
      ...group(
        ['name'],
        {
          name: text,
          variant: text,
          region: text,
          architecture: text,
          vcpus: { type: 'number' },
          storageMb: { type: 'number' },
          tier: { enum: ['privileged', 'rootless', 'plain'] },
        },
        'Who ran it: {name: "aws", region: "eu-north-1"}.',
      ),
      default: { name: 'local', tier: 'privileged' },
    },
    billedMs: { type: 'number', minimum: 0, description: 'Milliseconds.' },
    priceBook: group(['version', 'date'], { version: text, date: text }, 'For example {version: "2026-11", date: "2026-11-22"}.'),
    quote: group(
      ['usd'],
      {
        usd: atLeast0(0, ''),
        targets: { type: 'integer', minimum: 0 },
        targetUsdPerHour: { type: 'number', minimum: 0 },
        targetUsdPerGB: { type: 'number', minimum: 0 },
      },
      'For example {usd: 0.5}.',
    ),
    id: { ...text, description: 'Id of the experiment.' },
  },
  additionalProperties: false,
}
