import { createRequire } from 'node:module'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { InputError } from './errors.ts'

/** JSON Schema of an options object. Descriptions are shown in messages: give unit, range and default there. */
export interface OptionsSchema {
  readonly type: 'object'
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly additionalProperties: false
}

// Loaded at the first check: importing netfair must stay cheap.
const require = createRequire(import.meta.url)

/**
 * Checks a user's options against a schema and fills in its defaults.
 *
 * @param subject - what the options are of, for the message: `local()`, `experiment`, `iperf3()`
 * @returns a shallow copy with defaults
 * @throws InputError `INVALID_OPTION` that names the key, its value, what is allowed, and for an unknown key the nearest known one
 */
export function checkOptions<Options>(subject: string, options: unknown, schema: OptionsSchema): Options {
  const validate = validatorOf(schema)
  const copy = typeof options === 'object' && options !== null && !Array.isArray(options) ? { ...options } : options
  if (validate(copy)) return copy as Options
  // A mistyped key is also a missing one: the typo says more.
  const errors = validate.errors ?? []
  throw explain(subject, errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0], schema)
}

const validators = new WeakMap<OptionsSchema, ValidateFunction>()

function validatorOf(schema: OptionsSchema): ValidateFunction {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const validate = new Ajv2020({ useDefaults: true, allErrors: true, strict: false, strictNumbers: true, verbose: true }).compile(schema)
  validators.set(schema, validate)
  return validate
}

function explain(subject: string, error: ErrorObject | undefined, schema: OptionsSchema): InputError {
  if (error === undefined) return new InputError('INVALID_OPTION', `${subject}: cannot be used.`, { hint: 'Check its options.' })
  const path = error.instancePath.slice(1).replaceAll('/', '.')
  if (error.keyword === 'additionalProperties') return unknownKey(subject, path, error)
  if (error.keyword === 'required') {
    const key = [path, String(error.params['missingProperty'])].filter(Boolean).join('.')
    return new InputError('MISSING_OPTION', `${subject}: "${key}" is missing.`, { hint: describe(schema, key) ?? `Give "${key}".` })
  }
  if (path === '') return notOptions(subject, error.data, schema)
  const allowed = error.keyword === 'enum' ? `one of ${JSON.stringify(error.params['allowedValues'])}` : (error.message ?? 'valid')
  const must = error.keyword === 'enum' ? `must be ${allowed}` : allowed
  return new InputError('INVALID_OPTION', `${subject}: "${path}" ${must}, got ${show(error.data)}.`, {
    hint: describe(schema, path) ?? 'Change the value.',
  })
}

function notOptions(subject: string, given: unknown, { properties }: OptionsSchema): InputError {
  return new InputError('INVALID_OPTION', `${subject}: options must be an object, got ${show(given)}.`, {
    hint: `Known keys: ${Object.keys(properties).join(', ')}.`,
  })
}

function unknownKey(subject: string, path: string, error: ErrorObject): InputError {
  const { closest } = require('fastest-levenshtein') as typeof import('fastest-levenshtein')
  const key = String(error.params['additionalProperty'])
  const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {})
  const where = path ? ` in "${path}"` : ''
  const nearest = known.length > 0 ? closest(key, known) : undefined
  return new InputError('UNKNOWN_OPTION', `${subject}: unknown key "${key}"${where}.`, {
    hint: nearest === undefined ? 'Remove it.' : `Did you mean "${nearest}"? Known keys: ${known.join(', ')}.`,
  })
}

function describe(schema: OptionsSchema, path: string): string | undefined {
  const description = schema.properties[path.split('.')[0] ?? '']?.['description']
  return typeof description === 'string' ? description : undefined
}

function show(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : asText(value)
  return text === undefined ? 'nothing' : text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** JSON where that says what the value is. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return String(value)
  }
}
