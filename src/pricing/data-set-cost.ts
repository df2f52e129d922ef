import type { StoreLocation, StoreName } from '../model/object-store.ts'
import type { CostItem } from './execution-cost.ts'
import { currentPriceBook, type Price } from './price-book.ts'

/** What a data set is made of, as far as it is billed. */
export interface DataSetUse {
  /** Requests that the store bills as PUT. */
  readonly writes: number
  readonly bytes: number
}

export interface DataSetCost {
  /** Once. */
  readonly requests: CostItem
  /** Each month, as long as the data set is there. */
  readonly month: CostItem
  readonly assumptions: readonly string[]
}

interface KeepingPrice {
  readonly provider: 'aws' | 'gcp' | 'azure'
  /** US dollars for a GB of `gbBytes` and a month: the first tier of the standard class. */
  readonly usd: number
  readonly gbBytes: number
  readonly regions: readonly string[]
  readonly source: string
  /** `YYYY-MM-DD` */
  readonly date: string
}

const GiB = 2 ** 30
const comparison = "by finout.io's cloud storage pricing comparison of 2026"

/** None of them was checked against the provider's own page. */
const keeping: Readonly<Record<StoreName, KeepingPrice>> = {
  s3: {
    ...{ provider: 'aws', usd: 0.023, gbBytes: GiB, regions: ['us-east-1', 'us-east-2'] },
    ...{ source: `S3 Standard, first 50 TB a month, ${comparison}`, date: '2026-11-22' },
  },
  gcs: {
    ...{ provider: 'gcp', usd: 0.02, gbBytes: GiB, regions: ['us-central1', 'us-east1', 'us-west1', 'europe-west1'] },
    ...{ source: `Cloud Storage, standard class, ${comparison}`, date: '2026-11-22' },
  },
  'azure-blob': {
    ...{ provider: 'azure', usd: 0.018, gbBytes: GiB, regions: ['eastus'] },
    ...{ source: `Blob storage, hot tier, LRS, ${comparison}`, date: '2026-11-22' },
  },
}

/**
 * What it costs to upload a data set and to keep it. What comes in is free in all three clouds. Pure.
 * @returns undefined where no price is known: of another region, of compatible stores and test servers
 */
export function dataSetCost({ store, region, endpoint }: StoreLocation, { writes, bytes }: DataSetUse): DataSetCost | undefined {
  const price = keeping[store]
  const write = currentPriceBook.prices.find(({ provider, meter }) => provider === price.provider && meter === 'storage writes')
  if (endpoint !== undefined || write === undefined) return undefined
  if (region !== undefined && !(price.regions.includes(region) && write.regions.includes(region))) return undefined
  return {
    requests: { meter: 'storage writes', quantity: writes, usd: writes * write.usd },
    month: { meter: 'storage GB-months', quantity: bytes / price.gbBytes, usd: (bytes / price.gbBytes) * price.usd },
    assumptions: assumptionsOf(price, write, region),
  }
}

function assumptionsOf(price: KeepingPrice, { regions, unverified }: Price, region: string | undefined): readonly string[] {
  const both = price.regions.filter((each) => regions.includes(each)).join(', ')
  return [
    ...(region === undefined ? [`The store is in one of these regions: ${both}.`] : []),
    'First tier, standard class; what goes in is free.',
    `Not checked against the provider's own page: the price of ${unverified ? 'storage writes and ' : ''}storage GB-months.`,
  ]
}
