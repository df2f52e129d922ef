import { InputError } from '../model/errors.ts'
import type { FixedWork } from '../model/fixed-work.ts'
import type { FactorValue, RoundDirection } from '../model/journal-record.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'
import { type CellFilter, type ClaimOptions, type FindingFilter, filterSchema, listed } from './expectations-filter.ts'

/** Options of the claim that functions do not share the network. */
export interface IsolatedOptions extends FindingFilter, ClaimOptions {
  /** The verdict must reach so many functions, an integer ≥ 2. Default: as many as it speaks of. */
  readonly upTo?: number
}

/** Options of the claim that the network is divided fairly. */
export interface FairOptions extends CellFilter, ClaimOptions {
  /**
   * Beside the verdict `fair`: the corrected Jain index must be at least this (0–1). Default: the verdict alone, which is decided at
   * `Thresholds.fairJain` (0.9). To ask for less than the verdict, lower that threshold in `analyze`.
   */
  readonly minimumJain?: number
}

/** Options of the claim that each function gets so much bandwidth. */
export interface BandwidthOptions extends CellFilter, ClaimOptions {
  /** For the median function, in bits per second, > 0. The whole 95 % interval must lie above. */
  readonly atLeastBitsPerSecond: number
}

/** What an experiment expects of its report; `netfair run` and `netfair analyze` exit with 1 where it does not hold. */
export type Expectation =
  | ({ readonly sharing: 'isolated' } & IsolatedOptions)
  | ({ readonly fairness: 'fair' } & FairOptions)
  | ({ readonly bandwidth: Pick<BandwidthOptions, 'atLeastBitsPerSecond'> } & Omit<BandwidthOptions, 'atLeastBitsPerSecond'>)

const upTo = { type: 'integer', minimum: 2, description: 'Functions, an integer of at least 2.' }
const minimumJain = { type: 'number', exclusiveMinimum: 0, maximum: 1, description: "Corrected Jain's index, 0–1." }
const atLeastBitsPerSecond = { type: 'number', exclusiveMinimum: 0, description: 'Bits per second, for example 20e6.' }

export const isolatedSchema: OptionsSchema = filterSchema({ upTo }, { cells: false })
export const fairSchema: OptionsSchema = filterSchema({ minimumJain })
export const bandwidthSchema: OptionsSchema = filterSchema({ atLeastBitsPerSecond }, { required: ['atLeastBitsPerSecond'] })

const bandwidth = {
  type: 'object',
  required: ['atLeastBitsPerSecond'],
  properties: { atLeastBitsPerSecond },
  additionalProperties: false,
  description: '{atLeastBitsPerSecond: 20e6}.',
}
const kinds: Readonly<Record<string, OptionsSchema>> = {
  sharing: filterSchema({ sharing: { enum: ['isolated'], description: 'Only "isolated".' }, upTo }, { cells: false }),
  fairness: filterSchema({ fairness: { enum: ['fair'], description: 'Only "fair".' }, minimumJain }),
  bandwidth: filterSchema({ bandwidth }),
}

/**
 * Checks expectations, of an experiment or of a journal.
 * @param subject - what they belong to, for messages
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION` (with the nearest known key)
 */
export function checkedExpectations(subject: string, given: readonly unknown[]): readonly Expectation[] {
  return given.map((expectation, index) => {
    const name = `${subject}, expectation ${index + 1}`
    const keys = typeof expectation === 'object' && expectation !== null ? Object.keys(expectation) : []
    const named = Object.keys(kinds).filter((kind) => keys.includes(kind))
    const schema = kinds[named[0] ?? '']
    if (named.length === 1 && schema !== undefined) return checkOptions<Expectation>(name, expectation, schema)
    throw new InputError(
      'INVALID_OPTION',
      `${name}: it must have one of "sharing", "fairness" and "bandwidth", got ${JSON.stringify(expectation)}.`,
      {
        hint: 'For example {sharing: "isolated", upTo: 16}, {fairness: "fair"} or {bandwidth: {atLeastBitsPerSecond: 20e6}}.',
      },
    )
  })
}

/** What an experiment measures. */
interface Levels {
  readonly memoryMb: readonly number[]
  readonly concurrency: readonly number[]
  readonly direction: readonly RoundDirection[]
  readonly factors: Readonly<Record<string, readonly FactorValue[]>>
  /** Aggressor experiments have factors of their own. */
  readonly aggressor?: object
  readonly work?: FixedWork
}

/**
 * Refuses expectations that nothing in the plan can meet: better before the measurement than after it.
 * @throws InputError `UNMEASURED_EXPECTATION`
 */
export function checkMeasured(expectations: readonly Expectation[], levels: Levels): void {
  for (const [index, expectation] of expectations.entries()) {
    const problem = unmeasured(expectation, levels)
    if (problem === undefined) continue
    throw new InputError('UNMEASURED_EXPECTATION', `experiment, expectation ${index + 1}: ${problem}.`, {
      hint: 'Expect what the experiment measures, or measure what it expects.',
    })
  }
}

function unmeasured(expectation: Expectation, { memoryMb, concurrency, direction, factors, aggressor, work }: Levels): string | undefined {
  if (work?.mode === 'one-per-invocation') return 'no rates are measured where each chunk is an invocation of its own'
  const asked: CellFilter & IsolatedOptions = expectation
  const absent = (wanted: number | readonly number[] | undefined, levels: readonly number[]) =>
    wanted !== undefined && !listed(wanted).some((level) => levels.includes(level))
  if (absent(asked.memoryMb, memoryMb))
    return `it is about ${listed(asked.memoryMb ?? []).join(', ')} MB, measured is ${memoryMb.join(', ')}`
  const largest = Math.max(...concurrency)
  if (asked.upTo !== undefined && asked.upTo > largest) return `"upTo" is ${asked.upTo}, measured are up to ${largest} functions at once`
  if (absent(asked.concurrency, concurrency))
    return `it is about ${listed(asked.concurrency ?? []).join(', ')} functions at once, measured are ${concurrency.join(', ')}`
  if (
    'fairness' in expectation &&
    Math.max(...concurrency.filter((n) => asked.concurrency === undefined || listed(asked.concurrency).includes(n))) < 2
  )
    return 'one function alone shares nothing: fairness needs a concurrency of 2 or more'
  if (asked.direction !== undefined && !direction.includes(asked.direction) && !direction.includes('both'))
    return `it is about ${asked.direction}, measured is ${direction.join(', ')}`
  if (aggressor !== undefined) return undefined
  const [name] = Object.entries(asked.factors ?? {}).find(([factor, level]) => factors[factor]?.includes(level) !== true) ?? []
  return name === undefined ? undefined : `the factor "${name}" is not measured at ${JSON.stringify(asked.factors?.[name])}`
}
