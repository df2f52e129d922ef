import { expect, test } from 'vitest'
import { InputError } from '../../src/model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../src/model/options.ts'

const schema: OptionsSchema = {
  type: 'object',
  required: ['rate'],
  properties: {
    rate: { type: 'number', minimum: 1e6, description: 'In bits per second: pass 600e6 for 600 Mbit/s.' },
    sharing: { enum: ['fifo', 'fair'], default: 'fifo' },
    nested: { type: 'object', properties: { depth: { type: 'integer' } }, additionalProperties: false },
  },
  additionalProperties: false,
}

function refusal(options: unknown): InputError {
  try {
    checkOptions('local()', options, schema)
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('it was accepted')
}

test('fills in defaults, and leaves the caller’s object alone', () => {
  const given = { rate: 2e6 }
  expect(checkOptions('local()', given, schema)).toEqual({ rate: 2e6, sharing: 'fifo' })
  expect(given).toEqual({ rate: 2e6 })
})

test.each([
  [{ rate: 5 }, 'INVALID_OPTION', 'local(): "rate" must be >= 1000000, got 5.', 'In bits per second: pass 600e6 for 600 Mbit/s.'],
  [{}, 'MISSING_OPTION', 'local(): "rate" is missing.', 'In bits per second: pass 600e6 for 600 Mbit/s.'],
  [{ rate: 1e6, sharin: 1 }, 'UNKNOWN_OPTION', 'local(): unknown key "sharin".', 'Did you mean "sharing"?'],
  [{ rates: 1e6 }, 'UNKNOWN_OPTION', 'local(): unknown key "rates".', 'Did you mean "rate"?'],
  [{ rate: 1e6, nested: { dept: 1 } }, 'UNKNOWN_OPTION', 'local(): unknown key "dept" in "nested".', 'Did you mean "depth"?'],
  [{ rate: 1e6, sharing: 'x' }, 'INVALID_OPTION', 'local(): "sharing" must be one of ["fifo","fair"], got "x".', 'Change the value.'],
  [{ rate: Number.NaN }, 'INVALID_OPTION', 'local(): "rate" must be number, got NaN', 'In bits per second'],
  [{ rate: Number.POSITIVE_INFINITY }, 'INVALID_OPTION', 'local(): "rate" must be number, got Infinity', 'In bits per second'],
  [{ rate: 5n }, 'INVALID_OPTION', 'local(): "rate" must be number, got 5.', 'In bits per second'],
  [5, 'INVALID_OPTION', 'local(): options must be an object, got 5.', 'Known keys: rate, sharing, nested.'],
  [null, 'INVALID_OPTION', 'local(): options must be an object, got null.', 'Known keys: rate'],
  [undefined, 'INVALID_OPTION', 'local(): options must be an object, got nothing.', 'Known keys: rate'],
])('%o', (options, code, message, hint) => {
  const error = refusal(options)
  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
  expect(error.hint).toContain(hint)
})
