import type { Direction, Factors } from '../model/journal-record.ts'
import type { OptionsSchema } from '../model/options.ts'

/** What every check of a report takes. */
export interface ClaimOptions {
  /** Whether `inconclusive` passes. Default false: what nobody could tell is no success. */
  readonly allowInconclusive?: boolean
}

/** Which findings of a report a check speaks of; what is not given matches everything. */
export interface FindingFilter {
  /** In MB; one size or several. */
  readonly memoryMb?: number | readonly number[]
  /** Seen from the function. */
  readonly direction?: Direction
  /** Levels of other factors, by name; factors that are not named match at every level. */
  readonly factors?: Factors
}

/** Which cells of a report a check speaks of. */
export interface CellFilter extends FindingFilter {
  /** Functions at once; one number or several. */
  readonly concurrency?: number | readonly number[]
}

interface Place {
  readonly memoryMb: number | null
  readonly concurrency?: number
  readonly direction: Direction
  readonly factors: Factors
}

/** Whether a filter speaks of a finding or cell of a report. */
export function matches({ memoryMb, concurrency, direction, factors = {} }: CellFilter, place: Place): boolean {
  return (
    among(memoryMb, place.memoryMb) &&
    among(concurrency, place.concurrency ?? null) &&
    (direction === undefined || direction === place.direction) &&
    Object.entries(factors).every(([name, level]) => place.factors[name] === level)
  )
}

function among(wanted: number | readonly number[] | undefined, value: number | null): boolean {
  return wanted === undefined || (value !== null && listed(wanted).includes(value))
}

/** One value or several, as a list. */
export function listed(values: number | readonly number[]): readonly number[] {
  return typeof values === 'number' ? [values] : values
}

const oneOrSeveral = (item: Readonly<Record<string, unknown>>, description: string) => ({
  anyOf: [item, { type: 'array', items: item, minItems: 1 }],
  description,
})

/** Schema of a filter and the options of a check beside it. */
export function filterSchema(
  own: OptionsSchema['properties'],
  { cells = true, required = [] }: { readonly cells?: boolean; readonly required?: readonly string[] } = {},
): OptionsSchema {
  const concurrency = oneOrSeveral({ type: 'integer', minimum: 1 }, 'Functions at once: 8 or [8, 16].')
  return {
    type: 'object',
    required,
    properties: {
      ...own,
      memoryMb: oneOrSeveral({ type: 'number', exclusiveMinimum: 0 }, 'MB: 2048 or [1024, 2048].'),
      ...(cells && { concurrency }),
      direction: { enum: ['download', 'upload'], description: 'Seen from the function.' },
      factors: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean'] },
        description: 'Levels by name: {path: "vpc"}.',
      },
      allowInconclusive: { type: 'boolean', description: 'Whether "inconclusive" passes. Default false.' },
    },
    additionalProperties: false,
  }
}
