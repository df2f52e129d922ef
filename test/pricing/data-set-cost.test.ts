import { expect, test } from 'vitest'
import { dataSetCost } from '../../src/pricing/data-set-cost.ts'
import { currentPriceBook } from '../../src/pricing/price-book.ts'
import { writesOf } from '../../src/storage/upload-parts.ts'

const use = { writes: 2000, bytes: 50 * 2 ** 30 }

test('requests by the price book, keeping by the month, and what was assumed', () => {
  const cost = dataSetCost({ store: 's3', bucket: 'b', region: 'us-east-1' }, use)
  expect(cost?.requests).toEqual({ meter: 'storage writes', quantity: 2000, usd: expect.closeTo(0.01, 12) })
  expect(cost?.month).toEqual({ meter: 'storage GB-months', quantity: 50, usd: expect.closeTo(1.15, 12) })
  expect(cost?.assumptions.at(-1)).toContain("Not checked against the provider's own page")
})

test.each(['gcs', 'azure-blob'] as const)('%s: the region is not known, so the assumption names those that are meant', (store) => {
  const provider = store === 'gcs' ? 'gcp' : 'azure'
  const write = currentPriceBook.prices.find((price) => price.provider === provider && price.meter === 'storage writes')
  const cost = dataSetCost({ store, bucket: 'b' }, use)
  expect(cost?.requests.usd).toBeCloseTo(2000 * (write?.usd ?? Number.NaN), 12)
  expect(cost?.assumptions[0]).toMatch(/^The store is in one of these regions: [a-z]/)
})

test('no price is made up: of other regions and of other stores than the clouds', () => {
  expect(dataSetCost({ store: 's3', bucket: 'b', region: 'af-south-1' }, use)).toBeUndefined()
  expect(dataSetCost({ store: 'gcs', bucket: 'b', endpoint: 'http://127.0.0.1:9000' }, use)).toBeUndefined()
})

test('writes of an upload in parts of 8 MiB: S3 begins and ends it, Azure ends it, Google takes it whole', () => {
  const writes = (bytes: number) => (['s3', 'azure-blob', 'gcs'] as const).map((store) => writesOf({ store, bucket: 'b' }, bytes))
  expect(writes(1)).toEqual([1, 1, 1])
  expect(writes(8 * 2 ** 20)).toEqual([1, 1, 1])
  expect(writes(20_000_000)).toEqual([5, 4, 1])
})
