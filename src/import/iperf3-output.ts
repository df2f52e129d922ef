import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'

/** What one stream moved, by the count of one side. */
export interface StreamSum {
  readonly start: number
  readonly end: number
  readonly bytes: number
  /** Whether the writer of the file sends on this stream. Absent before iperf3 3.2, where all streams have one direction. */
  readonly sender?: boolean
  readonly omitted?: boolean
}

/** The parts of iperf3's JSON that are used (3.x). */
export interface Output {
  readonly start?: {
    readonly version?: string
    readonly cookie?: string
    readonly timestamp?: { readonly timesecs?: number }
    /** Only in the server's file. */
    readonly accepted_connection?: object
    readonly test_start?: {
      readonly protocol?: string
      readonly num_streams?: number
      readonly omit?: number
      readonly duration?: number
      readonly reverse?: number
    }
  }
  readonly intervals?: readonly { readonly streams?: readonly StreamSum[] }[]
  readonly end?: { readonly streams?: readonly { readonly sender?: StreamSum; readonly receiver?: StreamSum }[] }
  readonly server_output_json?: Output
  readonly error?: string
}

const amount = { type: 'number', minimum: 0 }
const streamSum = {
  type: 'object',
  required: ['start', 'end', 'bytes'],
  properties: { start: amount, end: amount, bytes: { type: 'integer', minimum: 0 }, sender: { type: 'boolean' } },
}
const list = (item: object) => ({ type: 'array', items: item })
const object = (properties: object) => ({ type: 'object', properties })
const schema = {
  $id: 'iperf3',
  ...object({
    start: object({
      version: { type: 'string' },
      cookie: { type: 'string' },
      timestamp: object({ timesecs: amount }),
      test_start: object({ num_streams: amount, omit: amount, duration: amount }),
    }),
    intervals: list(object({ streams: list(streamSum) })),
    end: object({ streams: list(object({ sender: streamSum, receiver: streamSum })) }),
    server_output_json: { $ref: 'iperf3' },
    error: { type: 'string' },
  }),
}

// ajv is loaded at the first check: importing netfair must stay cheap.
const require = createRequire(import.meta.url)
let validate: ValidateFunction<Output> | undefined

/** What is wrong with the parts that are used; undefined when they are sound. */
export function outputProblem(value: unknown): string | undefined {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  validate ??= new Ajv2020({ strict: false, verbose: true }).compile<Output>(schema)
  if (validate(value)) return undefined
  const { instancePath = '', message = 'is not valid', data } = validate.errors?.[0] ?? {}
  return `${instancePath.slice(1).replaceAll('/', '.')} ${message}, got ${JSON.stringify(data)?.slice(0, 40)}`
}
