import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { currentPriceBook, daysTooOld, oldPricesDays, priceBookOf } from '../../src/pricing/price-book.ts'

const day = { type: 'string', pattern: '^20\\d\\d-[01]\\d-[0-3]\\d$' }
const text = { type: 'string', minLength: 1 }
const positive = { type: 'number', exclusiveMinimum: 0 }
const notNegative = { type: 'number', minimum: 0 }
const object = (required: readonly string[], properties: object) => ({ type: 'object', required, properties, additionalProperties: false })
const sourced = { provider: { enum: ['aws', 'gcp', 'azure'] }, plan: text, source: { ...text, minLength: 8 }, date: day }

const schema = object(['version', 'date', 'prices', 'rules'], {
  version: { type: 'string', pattern: '^20\\d\\d-[01]\\d(\\.\\d+)?$' },
  date: day,
  prices: {
    type: 'array',
    minItems: 1,
    items: object(['provider', 'plan', 'regions', 'meter', 'usd', 'source', 'date'], {
      ...sourced,
      regions: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9-]+$' }, minItems: 1, uniqueItems: true },
      architecture: { enum: ['x86_64', 'arm64'] },
      meter: {
        enum: [
          'compute GB-s',
          'CPU GHz-s',
          'CPU vCPU-s',
          'ephemeral storage GB-s',
          'requests',
          'egress GB',
          'storage reads',
          'storage writes',
        ],
      },
      usd: { ...positive, maximum: 1 },
      unverified: { const: true },
    }),
  },
  rules: {
    type: 'array',
    minItems: 1,
    items: object(['provider', 'plan', 'time', 'startBilled', 'memory', 'egressGBBytes', 'source', 'date'], {
      ...sourced,
      usual: { const: true },
      time: object(['minimumMs', 'stepMs'], { minimumMs: notNegative, stepMs: positive }),
      perActivePeriod: { const: true },
      startBilled: { type: 'boolean' },
      memory: {
        oneOf: [
          object(['from', 'to'], { from: positive, to: positive }),
          object(['sizes'], {
            sizes: {
              type: 'array',
              minItems: 1,
              items: object(['memoryMb'], { memoryMb: positive, ghz: positive, vcpus: positive }),
            },
          }),
          object(['observed'], {
            observed: object(['minimumMb', 'stepMb', 'maximumMb'], { minimumMb: positive, stepMb: positive, maximumMb: positive }),
          }),
        ],
      },
      egressGBBytes: { enum: [1e9, 2 ** 30] },
      publishedBitsPerSecond: positive,
    }),
  },
})

const { prices, rules, version, date } = currentPriceBook

test('the book follows its schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(schema)
  validate(currentPriceBook)
  expect(validate.errors).toBeNull()
})

test('no meter has two prices in one place; every plan has rules, one of them is the usual one, and no source is younger than the book', () => {
  const keys = prices.flatMap(({ provider, plan, regions, architecture, meter }) =>
    regions.flatMap((region) =>
      (architecture === undefined ? ['x86_64', 'arm64'] : [architecture]).map((each) => [provider, plan, region, each, meter].join(' ')),
    ),
  )
  expect(new Set(keys).size).toBe(keys.length)
  expect(new Set(rules.map(({ provider, plan }) => `${provider} ${plan}`))).toEqual(
    new Set(prices.map(({ provider, plan }) => `${provider} ${plan}`)),
  )
  for (const provider of ['aws', 'gcp', 'azure'])
    expect(rules.filter((rule) => rule.provider === provider && rule.usual === true)).toHaveLength(1)
  for (const entry of [...prices, ...rules]) expect(entry.date <= date, `${entry.source} of ${entry.date}`).toBe(true)
})

test('a journal finds its book by version; another one is not made up', () => {
  expect(priceBookOf(version)).toBe(currentPriceBook)
  expect(priceBookOf('1999-01')).toBeUndefined()
})

test('a book is too old from the day after its 180th on', () => {
  const at = (days: number): number => Date.parse(date) + days * 86_400_000
  expect(oldPricesDays).toBe(180)
  expect(daysTooOld({ date }, at(180.9))).toBeUndefined()
  expect(daysTooOld({ date }, at(181))).toBe(181)
  expect(daysTooOld({ date }, at(-3))).toBeUndefined()
})
