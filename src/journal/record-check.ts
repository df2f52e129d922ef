import { createRequire } from 'node:module'
import type { ErrorObject, ValidateFunction } from 'ajv'
import schema from '../model/journal.schema.json' with { type: 'json' }
import type { JournalRecord, Sample } from '../model/journal-record.ts'

// ajv is loaded at the first check: importing netfair must stay cheap.
const require = createRequire(import.meta.url)
let validate: ValidateFunction<JournalRecord> | undefined

/** Interval ends may disagree by rounding: one microsecond. */
const roundingMs = 0.001

/**
 * Says what is wrong with a record: by the schema, and beside it (times and intervals in order, bytes that add up).
 * @returns undefined when it is sound
 */
export function recordProblem(value: unknown): string | undefined {
  validate ??= compile()
  if (!validate(value)) return explain(validate.errors?.[0])
  return value.type === 'sample' ? sampleProblem(value) : undefined
}

function compile(): ValidateFunction<JournalRecord> {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const addFormats = require('ajv-formats') as typeof import('ajv-formats').default
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, discriminator: true })
  addFormats(ajv)
  return ajv.compile<JournalRecord>(schema)
}

function explain(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it is no record'
  const where = error.instancePath === '' ? '' : `${error.instancePath.slice(1).replaceAll('/', '.')} `
  const allowed: unknown = error.params['allowedValues'] ?? error.params['allowedValue']
  return `${where}${error.message ?? 'is not valid'}${allowed === undefined ? '' : ` ${JSON.stringify(allowed)}`}`
}

function sampleProblem(sample: Sample): string | undefined {
  const { startedAtMs, endedAtMs, intervals, bytes } = sample
  if (startedAtMs !== undefined && endedAtMs !== undefined) {
    const tooEarly = sample.outcome === 'completed' ? endedAtMs <= startedAtMs : endedAtMs < startedAtMs
    if (tooEarly) return `endedAtMs (${endedAtMs}) must be after startedAtMs (${startedAtMs})`
  }
  return intervals === undefined ? undefined : intervalsProblem(intervals, bytes)
}

function intervalsProblem(intervals: NonNullable<Sample['intervals']>, bytes: number | undefined): string | undefined {
  let sum = 0
  let previousEnd = Number.NEGATIVE_INFINITY
  for (const [index, [start, end, moved]] of intervals.entries()) {
    if (end < start) return `intervals.${index} ends before it starts`
    if (start < previousEnd - roundingMs) return `intervals.${index} starts before the one before it ends`
    previousEnd = end
    sum += moved
  }
  return bytes !== undefined && sum > bytes ? `intervals hold ${sum} bytes, more than the ${bytes} of the sample` : undefined
}
