import type { Direction } from '../../model/journal-record.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Strategy } from './strategy.ts'

/** What the cost map of a journal of fixed work is to say. */
export interface CostMapOptions {
  /**
   * Where it is priced as if it had run there: `aws:us-east-1`, `aws:us-east-1:arm64`, `gcp:us-central1:gen1`, `azure:eastus:consumption`. Default:
   * where it ran; a local run has no cost then.
   */
  readonly priceAs?: string
  /** Of the work, where both were measured. Default `download`. */
  readonly direction?: Direction
  /** What `chosen` goes by: `cost` = the cheapest, `speed` = the fastest, `balanced` = both, by their weight. Default `cost`. */
  readonly strategy?: Strategy
  /** Weight of cost with `balanced`, 0–1: 0 is `speed`, 1 is `cost`. Default 0.5. */
  readonly weight?: number
  /** Longest response time that may be chosen, in milliseconds, > 0. Default: any. */
  readonly deadlineMs?: number
  /** Largest cost of the work that may be chosen, in US dollars, > 0. Default: any. */
  readonly budgetUsd?: number
  /** What to predict. Default: the measured levels and the geometric means between neighbours, where they were not measured together. */
  readonly predict?: {
    /** In MB. */
    readonly memoryMb?: readonly number[]
    readonly concurrency?: readonly number[]
  }
}

const positive = (description: string) => ({ type: 'number', exclusiveMinimum: 0, description })
const levels = (items: object) => ({ type: 'array', items, minItems: 1, maxItems: 50, uniqueItems: true })

const schema: OptionsSchema = {
  type: 'object',
  properties: {
    priceAs: { type: 'string', minLength: 1, description: 'A platform and its region, for example "aws:us-east-1".' },
    direction: { enum: ['download', 'upload'], description: 'Direction of the work: "download" or "upload".' },
    strategy: { enum: ['cost', 'speed', 'balanced'], default: 'cost', description: 'What is chosen by. Default "cost".' },
    weight: { type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'Weight of cost with "balanced", 0–1. Default 0.5.' },
    deadlineMs: positive('Longest response time, in milliseconds, above 0.'),
    budgetUsd: positive('Largest cost of the work, in US dollars, above 0.'),
    predict: {
      type: 'object',
      properties: { memoryMb: levels({ type: 'number', exclusiveMinimum: 0 }), concurrency: levels({ type: 'integer', minimum: 1 }) },
      additionalProperties: false,
      description: 'Configurations to predict: {memoryMb: [768], concurrency: [3, 6]}.',
    },
  },
  additionalProperties: false,
}

export type CheckedCostMapOptions = CostMapOptions & Required<Pick<CostMapOptions, 'strategy' | 'weight'>>

/** @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION` */
export function checkCostMapOptions(options: CostMapOptions | undefined): CheckedCostMapOptions {
  return checkOptions<CheckedCostMapOptions>('costMap', options ?? {}, schema)
}
